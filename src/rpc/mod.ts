/** Messages between scopes: frames, calls and streams in both directions, errors that keep their class. Row 4. */
export { type CallContext, givenUp, LazyCallContext } from "./call_context.ts";
export { checkArguments, checkResult } from "./check_crossing.ts";
export {
  type CallOptions,
  Connection,
  type ConnectionOptions,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_PENDING,
} from "./connection.ts";
export { encodeFrame, type Frame, FrameDecoder } from "./frame.ts";
export type { CallHandler, CallUnderWay } from "./incoming_calls.ts";
export type { Metadata } from "../context/mod.ts";
export { checkMetadata } from "./metadata.ts";
export type { RemoteStream } from "./received_stream.ts";
export { decodeError, encodeError, type ErrorRecord } from "./remote_error.ts";
export type { StartedCall, Waiter } from "./outgoing_calls.ts";
export { isStream, isThenable } from "./shapes.ts";
export { weigh } from "./values.ts";
