import { assertEquals } from "@std/assert";
import { tryParseHost } from "../../src/manifest/mod.ts";

const good: [text: string, name: string, port?: number][] = [
  ["example.com", "example.com"],
  ["API.Example.COM:443", "api.example.com", 443],
  ["localhost:65535", "localhost", 65535],
  ["a", "a"],
  ["_dmarc.example.com", "_dmarc.example.com"],
  ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ["1password.com", "1password.com"],
  [`${"a".repeat(63)}.com`, `${"a".repeat(63)}.com`],
  ["127.0.0.1", "127.0.0.1"],
  ["127.0.0.1:1", "127.0.0.1", 1],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["255.255.255.255/32", "255.255.255.255/32"],
  ["[::1]", "[::1]"],
  ["[2001:DB8::1]:8080", "[2001:db8::1]", 8080],
  ["[::]", "[::]"],
];

for (const [text, name, port] of good) {
  Deno.test(`${text} is a host`, () => {
    assertEquals(tryParseHost(text), port === undefined ? { name } : { name, port });
  });
}

const bad = [
  ...[
    "",
    " ",
    ":80",
    "a:",
    "a:0",
    "a:65536",
    "a:99999",
    "a:123456",
    "a:x",
    "a:-1",
    "a:80:80",
    "a b",
    "a,b",
    "*",
    "*.a",
  ],
  ...[".", ".a", "a..b", "-a", "a/b", "http://a", "//a", "a?b", "a#b", "a@b", "u:p@a", "bücher.de", "🐟", "a\0", "a\n"],
  ...[`${"a".repeat(64)}.com`, `${"a.".repeat(127)}aa`, "a%20b", "a\\b", "\u200b"],
  ...[
    "1",
    "127.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "010.0.0.1",
    "1.2.3.256",
    "1.2.3.4.",
    "1.2.3.4.5",
    "1.2.3",
  ],
  ...["1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/8/8", "example.com/8", "a.1", "a.0x1"],
  ...["::1", "[::1", "::1]", "[]", "[:]", "[1.2.3.4]", "[::g]", "[:::]", "[1:2:3:4:5:6:7:8:9]", "[fe80::1%eth0]"],
  ...["[::1]80", "[::1]:", "[::1]:0", "[::ffff:127.0.0.1]", "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0:0]"],
  ...["[0:0:0:0:0:ffff:7f00:1]", "[0000::ffff:127.0.0.1]:80", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:0:127.0.0.1]"],
  ...["[64:ff9b::127.0.0.1]", "[64:FF9B::7f00:1]"],
];

for (const text of bad) {
  Deno.test(`${JSON.stringify(text)} is no host`, () => assertEquals(tryParseHost(text), undefined));
}
