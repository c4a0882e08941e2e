import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { CORE_VERSION, parseCoreVersion } from "../../src/version/mod.ts";

Deno.test("the version of the core is the version of the package", () => {
  assertEquals(CORE_VERSION, config.version);
});

const ranges: [range: string, admits: string[], refuses: string[]][] = [
  // SemVer
  [">=0.1.0", ["0.1.0", "0.2.0", "7.0.0"], ["0.0.9"]],
  [">=0.3.0 <1.0.0", ["0.3.0", "0.9.9"], ["0.2.9", "1.0.0"]],
  ["^0.2", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["^0.2.3", ["0.2.3", "0.2.9"], ["0.2.2", "0.3.0"]],
  ["^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]],
  ["~0.2.1", ["0.2.1", "0.2.9"], ["0.2.0", "0.3.0"]],
  ["0.2.x", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["0.2.*", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["0.x", ["0.1.0", "0.9.0"], ["1.0.0"]],
  ["*", ["0.0.0", "9.9.9"], []],
  ["^0.2 || ^1.1", ["0.2.5", "1.1.0", "1.9.0"], ["0.3.0", "1.0.9", "2.0.0"]],
  ["0.1.0 - 0.3.0", ["0.1.0", "0.2.5", "0.3.0"], ["0.0.9", "0.3.1"]],
  ["=0.2.0", ["0.2.0"], ["0.2.1"]],
  // PEP 440
  [">=0.1.0,<1.0.0", ["0.1.0", "0.2.0", "0.9.9"], ["0.0.9", "1.0.0", "1.0.1"]],
  ["  >= 0.1.0 ,  < 1.0.0 ", ["0.1.0", "0.9.9"], ["0.0.9", "1.0.0"]],
  [">0.1,<=0.3.0", ["0.2.0", "0.3.0"], ["0.1.0", "0.3.1"]],
  ["==0.2.0", ["0.2.0"], ["0.2.1", "0.1.9"]],
  ["==0.2.*", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["~=0.2.0", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0", "1.0.0"]],
  ["~=0.2.3", ["0.2.3", "0.2.9"], ["0.2.2", "0.3.0"]],
  ["~=0.2", ["0.2.0", "0.3.0", "0.9.9"], ["0.1.9", "1.0.0"]], // the last part given may grow: PEP 440
  ["!=0.3.1", ["0.3.0", "0.3.2", "1.0.0"], ["0.3.1"]],
  [">=0.1.0,!=0.3.1,<1.0.0", ["0.1.0", "0.3.0", "0.3.2"], ["0.0.9", "0.3.1", "1.0.0"]],
  ["!=0.3.*", ["0.2.9", "0.4.0"], ["0.3.0", "0.3.1"]],
  ["==0.2", ["0.2.0"], ["0.2.1"]],
  ["==0.2.0.0", ["0.2.0"], ["0.2.1"]],
  ["===0.2.0", ["0.2.0"], ["0.2.1"]],
  ["==0.2.0+local", [], ["0.2.0"]],
  ["!=0.2.0+local", ["0.2.0"], []],
  ["==0.2.0rc1", [], ["0.2.0"]],
  [">=0.2.0rc1,<0.3", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["<0.2.0rc1,>0", ["0.1.9"], ["0.2.0"]],
  ["<=0.2.0.dev3,>0", ["0.1.9"], ["0.2.0"]],
  [">0.2.0.post1,<1", ["0.2.1"], ["0.2.0"]],
  ["<0.2.0.post1,>0", ["0.2.0"], ["0.2.1"]],
  [">=0.2.0.1", ["0.2.1"], ["0.2.0"]],
  ["~=0.2.0rc1", ["0.2.0", "0.2.9"], ["0.1.9", "0.3.0"]],
  ["~=v0.2.0", ["0.2.0"], ["0.3.0"]],
  [">=1!0,>=0", [], ["0.2.0", "9.0.0"]],
  ["<1!0,>0", ["0.2.0", "9.0.0"], []],
  ["==1!0.2.*", [], ["0.2.0"]],
  ["~=0.2,!=0.2.*,!=0.3.1", ["0.3.0", "0.4.0"], ["0.2.0", "0.2.9", "0.3.1", "1.0.0"]],
  // A pre-release of the core counts as its release.
  [">=0.2.0,<0.3.0", ["0.2.0-rc.1", "0.2.5-beta"], ["0.3.0-rc.1"]],
  ["^1.0.0", ["1.0.0-alpha", "1.4.0+build.7"], ["2.0.0-alpha"]],
];

for (const [range, admits, refuses] of ranges) {
  Deno.test(`core_version "${range}" admits what it says and nothing else`, () => {
    const admitted = parseCoreVersion(range);
    assert(typeof admitted === "function", `"${range}" is a range`);
    assertEquals(admits.filter((version) => !admitted(version)), [], "refused");
    assertEquals(refuses.filter((version) => admitted(version)), [], "admitted");
  });
}

const bare: [range: string, suggestion: string][] = [
  ["0.2.0", ">=0.2.0"],
  ["v0.2.0", ">=0.2.0"],
  [" 0.2.0 ", ">=0.2.0"],
  ["0.2", ">=0.2"],
  ["1", ">=1"],
  ["0.2.0-rc.1", ">=0.2.0-rc.1"],
];

for (const [range, suggestion] of bare) {
  Deno.test(`core_version "${range}" is a bare version, no range, and "${suggestion}" is suggested`, () => {
    const problem = parseCoreVersion(range);
    assert(typeof problem !== "function", `"${range}" is no range`);
    assertEquals(problem.suggestion, suggestion);
    assertEquals(
      problem.expected,
      'a version range such as ">=0.1.0,<1.0.0", for a bare version is not a range',
    );
    assert(typeof parseCoreVersion(suggestion) === "function", "what is suggested can be read");
  });
}

Deno.test("what is suggested for a bare version of four parts can be read, if anything is", () => {
  const problem = parseCoreVersion("0.2.0.1");
  assert(typeof problem !== "function");
  const { suggestion } = problem;
  assert(suggestion === undefined || typeof parseCoreVersion(suggestion) === "function", suggestion);
});

const unreadable = [
  "",
  "   ",
  "nonsense",
  "latest",
  ">=",
  ">=one",
  "a || b",
  ">=0.1.0,<",
  ",",
  "||",
  "^9.0.0 ||",
  "~=1",
  ">=0.2.*,<1",
  "==0.2.*.1",
  "==0.2.x",
  "==*",
  "!=",
  ">=0.1.0+local,<1",
  "^0.2,<1",
  ">=0.1.0 <1.0.0,!=0.3.0",
  ">=0.1.0 AND <1.0.0",
  "1.2.3.4.x",
  "^0.2 | ^1",
];

for (const range of unreadable) {
  Deno.test(`core_version "${range}" cannot be read, so it admits nothing`, () => {
    assertEquals(parseCoreVersion(range), { expected: 'a version range such as ">=0.1.0,<1.0.0"' });
  });
}

Deno.test("a core_version of endless length is not read", () => {
  const problem = parseCoreVersion(`>=0.1.0${" || ^0.2.0".repeat(1000)}`);
  assert(typeof problem !== "function");
  assertMatch(problem.expected, /of at most \d+ characters$/);
});
