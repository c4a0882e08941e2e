/**
 * Checks a limit.
 *
 * @param maxBytes The limit, in bytes.
 * @returns It.
 * @throws {RangeError} If it is no whole number of at least 1: an unreadable limit is never "no limit".
 */
export function checkMaxBytes(maxBytes: number): number {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new RangeError(`Cannot limit values to ${maxBytes} bytes: maxBytes is a whole number of at least 1`);
  }
  return maxBytes;
}
