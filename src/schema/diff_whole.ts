import type { JsonValue } from "../json.ts";
import { both, type Told } from "./changes.ts";
import { placeFits } from "./fits.ts";
import type { Place } from "./fits_place.ts";

/** Compares two schemas by what they accept. */
export function diffWhole(old: Place, next: Place, path: string, { changes, side }: Told): void {
  const [kept, back] = [placeFits(old, next), placeFits(next, old)];
  if (kept.fits === true && back.fits === true) return;
  const example = (fit: typeof kept) => fit.fits === false ? ` (${short(fit.witness)}, for example)` : "";
  if (kept.fits === true && back.fits === false) {
    return changes.add("breaking", path, `accepts more than before${example(back)}: ${side.wider}`);
  }
  if (back.fits === true && kept.fits === false) {
    return changes.add("breaking", path, `accepts less than before${example(kept)}: ${side.narrower}`);
  }
  if (kept.fits === false && back.fits === false) {
    const message = `no longer accepts ${short(kept.witness)}, and accepts ${short(back.witness)}: ${both(side)}`;
    return changes.add("breaking", path, message);
  }
  const told = kept.fits === "unknown" ? "it accepts all that it did" : "it accepts no more than it did";
  const fit = kept.fits === "unknown" ? kept : back;
  const why = fit.fits === "unknown" ? fit.reason : "";
  changes.add("breaking", path, `cannot show that ${told} (${why}): perhaps ${both(side)}`);
}

/** Whether two schemas are shown to accept the same. */
export function isEqual(old: Place, next: Place): boolean {
  return placeFits(old, next).fits === true && placeFits(next, old).fits === true;
}

function short(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
