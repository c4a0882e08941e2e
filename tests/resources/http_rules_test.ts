/** What the client decides by rule: addresses, hosts, waits. */
import { assert, assertEquals } from "@std/assert";
import { addressIn, isClosedAddress } from "../../src/resources/http_address.ts";
import { HostList } from "../../src/resources/http_hosts.ts";
import { backoff, systemChance, waitAfterAnswer } from "../../src/resources/http_retry.ts";

Deno.test("loopback, link-local, private, multicast and reserved addresses are closed, however they are written", () => {
  const closed =
    "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 " +
    "192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::7f00:1 fc00::1 fdff::1 fe80::1 febf::1 fec0::1 ff02::1 " +
    "::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a00:1 0:0:0:0:0:ffff:c0a8:0101 64:ff9b::7f00:1 64:ff9b::10.0.0.1 " +
    "2002:7f00:1:: 2002:a00:1::1 2001::1 ::ffff:0:7f00:1 ::ffff:0:10.0.0.1 fe80::1%eth0 999.1.1.1 localhost 1.2.3 ::1::";
  for (const address of closed.split(" ")) assert(isClosedAddress(address), address);
  assert(isClosedAddress(""));
  const open =
    "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.1.1 172.15.0.1 " +
    "172.32.0.1 192.167.0.1 193.0.0.1 223.255.255.255 2606:4700::1111 2a00::1 fbff::1 ::ffff:1.1.1.1 64:ff9b::101:101 " +
    "2002:101:101::1 2001:4860:4860::8888";
  for (const address of open.split(" ")) assert(!isClosedAddress(address), address);
});

Deno.test("an address lies in a range, or is the one named", () => {
  assert(addressIn("10.1.2.3", "10.0.0.0/8"));
  assert(addressIn("10.1.2.3", "10.1.2.3"));
  assert(addressIn("10.1.2.3", "0.0.0.0/0"));
  assert(!addressIn("11.1.2.3", "10.0.0.0/8"));
  assert(!addressIn("10.1.2.3", "example.com"));
  assert(!addressIn("::1", "0.0.0.0/0"));
  assert(addressIn("0:0::1", "::1"));
});

Deno.test("a list allows exactly its hosts and ports, as URLs write them", () => {
  const list = new HostList(["API.example.com", "b.test:8080", "10.0.0.0/8", "[::1]:80", "127.0.0.1:81"]);
  const table: [string, boolean][] = [
    ["https://api.example.com/", true],
    ["http://API.EXAMPLE.COM:1234/x?y", true],
    ["http://api.example.com./", true],
    ["http://user:pass@api.example.com/", true],
    ["http://api.example.com@evil.test/", false],
    ["http://x.api.example.com/", false],
    ["http://example.com/", false],
    ["http://b.test:8080/", true],
    ["http://b.test/", false],
    ["https://b.test/", false],
    ["http://10.9.8.7:99/", true],
    ["http://167772161/", true], // 10.0.0.1
    ["http://0x7f000001:81/", true],
    ["http://127.0.0.1/", false],
    ["http://[::1]/", true],
    ["http://[0:0::1]/", true],
    ["https://[::1]/", false],
    ["http://[::ffff:10.0.0.1]/", false],
  ];
  for (const [url, allowed] of table) assertEquals(list.allows(new URL(url)), allowed, url);
  assertEquals(new HostList([]).allows(new URL("http://a.b/")), false);
});

Deno.test("an address that a name leads to must be listed itself, for that port", () => {
  const list = new HostList(["api.test", "127.0.0.1:81", "10.0.0.0/8", "localhost:82"]);
  const allows = (address: string, url: string) => list.allowsAddress(address, new URL(url));
  assert(allows("127.0.0.1", "http://api.test:81/"));
  assert(!allows("127.0.0.1", "http://api.test:82/"));
  assert(!allows("127.0.0.1", "http://api.test/"));
  assert(allows("10.2.3.4", "http://api.test/"));
  assert(allows("127.0.0.1", "http://localhost:82/"));
  assert(allows("::1", "http://localhost:82/"));
  assert(!allows("169.254.169.254", "http://localhost:82/"));
});

Deno.test("waits are anything below a bound that doubles up to its own", () => {
  const retry = { attempts: 9, backoffMs: 100, maxBackoffMs: 500 };
  for (const [attempt, most] of [[0, 100], [1, 200], [2, 400], [3, 500], [60, 500]] as const) {
    assertEquals([0, 0.5, 1].map((chance) => backoff(attempt, retry, chance)), [0, most / 2, most]);
  }
  for (let i = 0; i < 1_000; i++) {
    const chance = systemChance();
    assert(chance >= 0 && chance < 1, String(chance));
  }
  assert(new Set(Array.from({ length: 20 }, systemChance)).size > 1);
});

Deno.test("Retry-After is seconds or a date; one that is neither is as if there were none", () => {
  const retry = { attempts: 2, backoffMs: 100, maxBackoffMs: 5_000 };
  const now = Date.UTC(2030, 0, 1, 12, 0, 0);
  const wait = (status: number, after?: string) =>
    waitAfterAnswer({ status, headers: after === undefined ? {} : { "retry-after": after } }, 0, retry, 0.5, now);
  assertEquals(wait(503), 50);
  assertEquals(wait(200, "1"), undefined);
  assertEquals(wait(503, "0"), 0);
  assertEquals(wait(503, "5"), 5_000);
  assertEquals(wait(503, "6"), undefined);
  assertEquals(wait(429, "Tue, 01 Jan 2030 12:00:03 GMT"), 3_000);
  assertEquals(wait(429, "Tue, 01 Jan 2030 11:00:00 GMT"), 0);
  assertEquals(wait(429, "soon"), 50);
  assertEquals(wait(429, "-1"), 50);
});
