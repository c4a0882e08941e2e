import { table } from "../matrix/render_matrix.ts";
import type { Attempt } from "./attempt.ts";

/**
 * Makes the list of attempts of `docs/sandbox.md` from what the tests have seen to be so.
 *
 * @param groups The attempts, by what they go through.
 * @returns Markdown.
 */
export function renderAttempts(groups: Readonly<Record<string, readonly Attempt[]>>): string {
  const rows = Object.entries(groups).flatMap(([through, attempts]) =>
    attempts.map((attempt) => [through, attempt.title, "refused", inWorker(attempt)])
  );
  return `${rows.length} attempts.\n\n${table(["Through", "Attempt", "`process`", "`worker`"], rows)}`;
}

function inWorker({ worker }: Attempt): string {
  if (worker?.escapes === true) return "**succeeds**";
  if (worker?.harms !== undefined) return `**${worker.harms.join(", ")}**`;
  return worker?.notRun ?? "refused";
}
