/**
 * Puts a frame on a port. It is handed over and not copied once more: what is transferred is gone, and a frame may be a
 * part of something larger, so it gets a buffer of its own first.
 *
 * @param post The port's own `postMessage`, bound: a plugin may have replaced the one that is looked up.
 * @param frame The frame.
 */
export function postFrame(post: (message: unknown, transfer: Transferable[]) => void, frame: Uint8Array): void {
  const own = frame.slice();
  post(own, [own.buffer]);
}
