import type { WrappedCall } from "@dagstack/plugin-system";

/** A call failed because it could not be recorded. */
export class AuditNotWritten extends Error {
  /** Stable, whatever boundary it crosses. */
  readonly code = "AuditNotWritten";
  /** Whether the call was made: then it has done what it does, and only its result is withheld. */
  readonly made: boolean;
  /** Says to middleware outside that it was not let through. */
  readonly refused: boolean;

  /**
   * @param call The call.
   * @param made Whether it was made.
   * @param cause What the sink failed with.
   */
  constructor({ kind, plugin, hook }: WrappedCall, made: boolean, cause: Error) {
    const what = made ? "give the result of" : "call";
    const which = made ? "after" : "before";
    super(`Cannot ${what} "${hook}" of plugin "${kind}/${plugin}": the record ${which} it was not written`, { cause });
    this.name = "AuditNotWritten";
    this.made = made;
    this.refused = !made;
  }
}
