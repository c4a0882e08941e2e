/** Units by what they measure: how many of the first one of them is. */
const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  length: { m: 1, km: 1000, cm: 0.01, mm: 0.001, in: 0.0254, ft: 0.3048, yd: 0.9144, mi: 1609.344 },
  mass: { kg: 1, g: 0.001, t: 1000, lb: 0.45359237, oz: 0.028349523125 },
  time: { s: 1, ms: 0.001, min: 60, h: 3600, d: 86_400 },
  data: { B: 1, kB: 1000, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
};

/** All units, in the order of the tables. */
export const UNIT_NAMES: readonly string[] = Object.values(UNITS).flatMap((units) => Object.keys(units));

/**
 * Says how much a quantity is in another unit.
 *
 * @throws {RangeError} If the two units do not measure the same.
 */
export function convert(value: number, from: string, to: string): number {
  const [fromWhat, fromSize] = find(from);
  const [toWhat, toSize] = find(to);
  if (fromWhat !== toWhat) throw new RangeError(`"${from}" measures ${fromWhat}, "${to}" measures ${toWhat}`);
  return from === to ? value : Number((value * fromSize / toSize).toPrecision(15));
}

function find(unit: string): [what: string, size: number] {
  for (const [what, units] of Object.entries(UNITS)) {
    if (Object.hasOwn(units, unit)) return [what, units[unit]!];
  }
  throw new RangeError(`"${unit}" is no unit that is known; known are ${UNIT_NAMES.join(", ")}`);
}
