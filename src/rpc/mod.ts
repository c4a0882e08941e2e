/** Messages between scopes: frames, calls in both directions, errors that keep their class. Row 3. */
export { type CallHandler, Connection, type ConnectionOptions, DEFAULT_MAX_BYTES } from "./connection.ts";
export { encodeFrame, type Frame, FrameDecoder } from "./frame.ts";
export { decodeError, encodeError, type ErrorRecord } from "./remote_error.ts";
