// deno-lint-ignore no-import-prefix -- a peer of the benchmarks, no dependency of the package
import { expose } from "npm:comlink@4.4.2";

expose({ echo: (value: unknown) => value });
