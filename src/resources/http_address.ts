/** An address as a number, and how many bits it has. */
interface Address {
  value: bigint;
  bits: 32 | 128;
}

/** What is no public unicast address (RFC 6890 and its registry). */
const CLOSED = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96",
  "::ffff:0:0:0/96", // IPv4 as translators write it (RFC 2765)
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

/** IPv6 addresses that hold an IPv4 one, and how many bits stand below it. */
const EMBEDDING: [range: string, below: bigint][] = [["::ffff:0:0/96", 0n], ["64:ff9b::/96", 0n], ["2002::/16", 80n]];

/**
 * Whether an address is loopback, link-local, private, multicast or reserved, also where IPv6 only wraps it.
 *
 * @param text An IPv4 address, or an IPv6 one without brackets.
 * @returns `true` also for what is no address: what cannot be read is not open.
 */
export function isClosedAddress(text: string): boolean {
  const address = tryParseAddress(text);
  if (address === undefined) return true;
  for (const [range, below] of EMBEDDING) {
    if (inRange(address, range)) return closed({ value: (address.value >> below) & 0xffff_ffffn, bits: 32 });
  }
  return closed(address);
}

function closed(address: Address): boolean {
  return CLOSED.some((range) => inRange(address, range));
}

/** Whether an address lies in a range (`10.0.0.0/8`), or is the one address named. */
export function addressIn(text: string, range: string): boolean {
  const address = tryParseAddress(text);
  return address !== undefined && inRange(address, range);
}

/** Whether all addresses of a range, or the one address named, lie in another range. */
export function rangeIn(inner: string, outer: string): boolean {
  const prefix = (range: string) => Number(range.split("/")[1] ?? Infinity);
  return addressIn(inner.split("/")[0]!, outer) && prefix(inner) >= prefix(outer);
}

/** Whether a text is an address. */
export function isAddress(text: string): boolean {
  return tryParseAddress(text) !== undefined;
}

function inRange(address: Address, range: string): boolean {
  const [first, prefix] = range.split("/") as [string, string?];
  const start = tryParseAddress(first);
  if (start === undefined || start.bits !== address.bits) return false;
  const shift = BigInt(start.bits - (prefix === undefined ? start.bits : Number(prefix)));
  return address.value >> shift === start.value >> shift;
}

function tryParseAddress(text: string): Address | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    return parts.every((part) => part <= 255) ? { value: join(parts, 8n), bits: 32 } : undefined;
  }
  if (!text.includes(":") || !URL.canParse(`http://[${text}]/`)) return undefined;
  // The shortest spelling: hexadecimal groups, with the longest run of zeros left out.
  const [head, tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::") as [string, string?];
  const groups = (part: string | undefined) => part ? part.split(":").map((group) => parseInt(group, 16)) : [];
  const [before, after] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return { value: join([...before, ...zeros, ...after], 16n), bits: 128 };
}

function join(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);
}
