/** Messages between scopes: frames, calls and streams in both directions, errors that keep their class. Row 3. */
export type { CallContext } from "./call_context.ts";
export {
  type CallOptions,
  Connection,
  type ConnectionOptions,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_PENDING,
} from "./connection.ts";
export { encodeFrame, type Frame, FrameDecoder } from "./frame.ts";
export type { CallHandler } from "./incoming_calls.ts";
export type { Metadata } from "./metadata.ts";
export type { RemoteStream } from "./received_stream.ts";
export { decodeError, encodeError, type ErrorRecord } from "./remote_error.ts";
export type { Waiter } from "./outgoing_calls.ts";
export { isThenable } from "./shapes.ts";
export { weigh } from "./values.ts";
