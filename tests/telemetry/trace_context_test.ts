import { assertEquals } from "@std/assert";
import { carriedTrace, spanContextOf, traceContextOf } from "../../src/context/telemetry_trace_context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

Deno.test("a trace context is understood as W3C writes it, and anything else is none", () => {
  const cases: [traceparent: unknown, known: boolean][] = [
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, true],
    [`cc-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-comes-later`, true],
    [`00-${TRACE}-${SPAN}-01-what-comes-later`, false],
    [`ff-${TRACE}-${SPAN}-01`, false],
    [`00-${"0".repeat(32)}-${SPAN}-01`, false],
    [`00-${TRACE}-${"0".repeat(16)}-01`, false],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, false],
    [`00-${TRACE}-${SPAN}`, false],
    [` 00-${TRACE}-${SPAN}-01`, false],
    ["", false],
    [7, false],
    [null, false],
  ];
  for (const [traceparent, known] of cases) {
    const metadata = { trace_context: { traceparent } as never };
    assertEquals(
      carriedTrace(metadata),
      known ? { traceparent: traceparent as string } : undefined,
      String(traceparent),
    );
  }
  for (const trace_context of ["text", 7, null, [`00-${TRACE}-${SPAN}-01`]]) {
    assertEquals(carriedTrace({ trace_context }), undefined);
  }
  assertEquals(carriedTrace(undefined), undefined);
});

Deno.test("a trace context read and written is the same, tracestate too", () => {
  const carried = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "a=1,b=2" };
  const span = spanContextOf(carried)!;
  assertEquals([span.traceId, span.spanId, span.traceFlags, span.isRemote], [TRACE, SPAN, 1, true]);
  assertEquals(traceContextOf(span), carried);
  const changed = span.traceState!.set("b", "3").unset("a");
  assertEquals([changed.serialize(), changed.get("b"), changed.get("a")], ["b=3", "3", undefined]);
  assertEquals(span.traceState!.serialize(), "a=1,b=2");
  // A tracer that forgets it does not cost the trace what others have written.
  assertEquals(traceContextOf({ traceId: TRACE, spanId: SPAN, traceFlags: 0 }, "a=1"), {
    traceparent: `00-${TRACE}-${SPAN}-00`,
    tracestate: "a=1",
  });
});
