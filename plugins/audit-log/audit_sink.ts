/** The host's resource `audit_sink`: where the lines of the log go. Calls come one at a time, in the log's order. */
export interface AuditSink {
  /**
   * Keeps a line. The line is safe when this has answered. A line whose `append` failed is sent again before any other.
   *
   * @param line One record, without a line break.
   */
  append(line: string): unknown;
  /** The last line that was kept, so that the chain goes on from there; nothing for an empty log. */
  last?(): unknown;
}

/** Sends lines to a sink, each within a limit. */
export function appendTo(sink: AuditSink, timeoutMs: number): (line: string) => Promise<void> {
  return async (line) => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      await Promise.race([sink.append(line), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
