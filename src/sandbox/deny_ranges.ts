/** An IPv4 range: its first address as a number, and how many leading bits are fixed. */
type Range = [first: number, bits: number];

/** This network, private, shared, loopback and link-local addresses (RFC 6890). */
const CLOSED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
];

/** NB: Deno 2.9.6 takes IPv6 addresses in `--deny-net`, but no IPv6 ranges: fc00::/7 and fe80::/10 stay open. */
const CLOSED_V6 = ["[::]", "[::1]"];

/**
 * What `--deny-net` must hold so that an allowed name cannot lead to an address that is not itself listed (SPEC
 * section 8): every closed range, minus exactly the listed addresses.
 *
 * @param hosts What the manifest lists.
 * @returns Addresses and ranges for `--deny-net`.
 */
export function denyRanges(hosts: readonly string[]): string[] {
  const listed = hosts.map((host) => host.toLowerCase().replace(/:\d+$/, ""));
  const names = new Set(listed);
  if (names.has("localhost")) {
    listed.push("127.0.0.1");
    names.add("[::1]");
  }
  let ranges = CLOSED_V4.map(parseRange);
  for (const host of listed) {
    if (/^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(host)) {
      const hole = parseRange(host);
      ranges = ranges.flatMap((range) => subtract(range, hole));
    }
  }
  return [...ranges.map(formatRange), ...CLOSED_V6.filter((address) => !names.has(address))];
}

function parseRange(text: string): Range {
  const [address, bits] = text.split("/") as [string, string | undefined];
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = bits === undefined ? 32 : Number(bits);
  return [first - first % 2 ** (32 - size), size];
}

/** What is left of a range without a hole: a range for each bit by which the hole is finer. */
function subtract(range: Range, hole: Range): Range[] {
  const [first, bits] = range;
  const [holeFirst, holeBits] = hole;
  const contains = ([outer, fixed]: Range, inner: number) => inner - inner % 2 ** (32 - fixed) === outer;
  if (contains(hole, first) && holeBits <= bits) return [];
  if (!contains(range, holeFirst) || holeBits <= bits) return [range];
  const half = 2 ** (31 - bits);
  return [...subtract([first, bits + 1], hole), ...subtract([first + half, bits + 1], hole)];
}

function formatRange([first, bits]: Range): string {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return bits === 32 ? parts.join(".") : `${parts.join(".")}/${bits}`;
}
