/** Fields that open something: what they list is there, and what they do not list is not. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TempFolder, TestHost } from "../../support.ts";
import { FakeRegistry } from "../../packages/fake_registry.ts";
import { assertGoodAnswers, plugin, type Proof, requires } from "./proof.ts";

const { NotCapable } = Deno.errors;
/** What a plugin is told when it does what its manifest does not list. */
const told = (permission: string, value: string, list: string) =>
  `Requires ${permission} access to "${value}", which the plugin's manifest does not grant; to grant it, add ` +
  `"${value}" to ${list}`;

/** Proofs by field. */
export const PERMISSION_PROOFS: Readonly<Record<string, Proof>> = {
  "resources.required": {
    promise: "a resource that the host does not offer keeps the plugin out, and one not declared is not there",
    async bites() {
      await using without = await TestHost.start(
        plugin('constructor() { console.log("ran"); }', '[plugin.resources]\nrequired = ["oracle"]'),
      );
      assertEquals(without.reason()?.code, "PluginUnavailable");
      assertStringIncludes(without.reason()!.message, 'the host does not offer the required resource "oracle"');
      assertEquals(without.logger.messages("info"), [], "nothing of it ran");
      await assertGoodAnswers(without);
      const body = `setup(ctx: any) { this.r = ctx.resources; } r: any;
        declared() { return typeof this.r.clock.now().getTime(); } undeclared() { return this.r.rng.nextFloat(); }`;
      await using host = await TestHost.start(plugin(body, '[plugin.resources]\nrequired = ["clock"]'));
      assertEquals(await host.plugin().declared!(), "number");
      await assertRejects(() => host.plugin().undeclared!(), Error, "does not declare it; add it to required");
    },
  },
  "resources.optional": {
    promise: "a resource that the host does not offer is undefined, and one not declared is not there though offered",
    async bites() {
      const body = `setup(ctx: any) { this.r = ctx.resources; } r: any;
        async optional() { return [this.r.oracle === undefined, this.r.has("oracle"), await this.r.cache.size()]; }
        undeclared() { return this.r.secret.tell(); }`;
      let asked = 0;
      const resources = { cache: { size: () => Promise.resolve(3) }, secret: { tell: () => Promise.resolve(++asked) } };
      await using host = await TestHost.start(
        plugin(body, '[plugin.resources]\noptional = ["oracle", "cache"]'),
        {},
        { resources },
      );
      assertEquals(await host.plugin().optional!(), [true, false, 3]);
      await assertRejects(() => host.plugin().undeclared!(), Error, "does not declare it");
      assertEquals(asked, 0);
    },
  },
  "resources.http_client.hosts": {
    promise: "no other host is reached",
    async bites() {
      const seen: string[] = [];
      const serve = (name: string) =>
        Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
          seen.push(name);
          return new Response(name);
        });
      await using listed = serve("listed");
      await using other = serve("other");
      const at = ({ addr }: Deno.HttpServer<Deno.NetAddr>) => `127.0.0.1:${addr.port}`;
      const body = `setup(ctx: any) { this.http = ctx.resources.http_client; } http: any;
        client(url: string) { return this.http.get(url).then(() => "got"); }
        fetch(url: string) { return fetch(url).then((r) => r.text()); }
        connect(port: number) { return Deno.connect({ hostname: "127.0.0.1", port }).then((c) => c.close()); }`;
      await using host = await TestHost.start(plugin(body, requires("http_client", { hosts: [at(listed)] })));
      assertEquals(await host.plugin().fetch!(`http://${at(listed)}/`), "listed");
      const refusal = told("net", at(other), "hosts of [plugin.resources.http_client]");
      await assertRejects(() => host.plugin().fetch!(`http://${at(other)}/`), NotCapable, refusal);
      await assertRejects(() => host.plugin().connect!(other.addr.port), NotCapable, refusal);
      await assertRejects(() => host.plugin().client!(`http://${at(other)}/`), Error, at(other));
      assertEquals(seen, ["listed"]);
    },
  },
  "resources.env.variables": {
    promise: "no other variable is read",
    async bites() {
      const values = { DAGSTACK_PROOF_LISTED: "seen", DAGSTACK_PROOF_SECRET: "hidden" };
      for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
      try {
        const body = "get(name: string) { return Deno.env.get(name) ?? null; } all() { return Deno.env.toObject(); }";
        const variables = ["DAGSTACK_PROOF_LISTED"];
        await using host = await TestHost.start(plugin(body, requires("env", { variables })));
        assertEquals(await host.plugin().get!("DAGSTACK_PROOF_LISTED"), "seen");
        const refusal = told("env", "DAGSTACK_PROOF_SECRET", "variables of [plugin.resources.env]");
        await assertRejects(() => host.plugin().get!("DAGSTACK_PROOF_SECRET"), NotCapable, refusal);
        await assertRejects(() => host.plugin().all!(), NotCapable, "Requires env access");
      } finally {
        for (const name of Object.keys(values)) Deno.env.delete(name);
      }
    },
  },
  "resources.filesystem.read": {
    promise: "no other path is read",
    async bites() {
      await using data = new TempFolder();
      await data.write({ "open/a": "readable", "shut/a": "secret" });
      const body =
        "read(p: string) { return Deno.readTextFile(p); } write(p: string) { return Deno.writeTextFile(p, ''); }";
      await using host = await TestHost.start(plugin(body, requires("filesystem", { read: [`${data.path}/open`] })));
      const { read, write } = host.plugin();
      assertEquals(await read!(`${data.path}/open/a`), "readable");
      const list = "of [plugin.resources.filesystem]";
      const shut = `${data.path}/shut/a`;
      await assertRejects(() => read!(shut), NotCapable, told("read", shut, `read ${list}`));
      await assertRejects(() => read!(`${data.path}/open/../shut/a`), NotCapable, "Requires read access");
      const open = `${data.path}/open/a`;
      await assertRejects(() => write!(open), NotCapable, told("write", open, `write ${list}`));
      assertEquals(await Deno.readTextFile(open), "readable");
    },
  },
  "resources.filesystem.write": {
    promise: "no other path is written, and none is read for it",
    async bites() {
      await using data = new TempFolder();
      await data.write({ "open/a": "old", "shut/a": "kept" });
      const body =
        "read(p: string) { return Deno.readTextFile(p); } write(p: string) { return Deno.writeTextFile(p, 'new'); }";
      await using host = await TestHost.start(plugin(body, requires("filesystem", { write: [`${data.path}/open`] })));
      const { read, write } = host.plugin();
      const [open, shut] = [`${data.path}/open/a`, `${data.path}/shut/a`];
      await write!(open);
      const list = "of [plugin.resources.filesystem]";
      await assertRejects(() => write!(shut), NotCapable, told("write", shut, `write ${list}`));
      await assertRejects(() => read!(open), NotCapable, told("read", open, `read ${list}`));
      assertEquals([await Deno.readTextFile(open), await Deno.readTextFile(shut)], ["new", "kept"]);
    },
  },
  "resources.subprocess.programs": {
    promise: "no other program is started, and none for a plugin that is not trusted by name",
    async bites() {
      await using data = new TempFolder();
      const made = `${data.path}/made`;
      const body = `run(program: string, ...args: string[]) {
        return new Deno.Command(program, { args }).output().then(({ code }) => code);
      }`;
      const files = plugin(body, requires("subprocess", { programs: [Deno.execPath()] })); // what these tests may run
      await using host = await TestHost.start(files, { trusted: ["thing/sample"] });
      assertEquals(await host.plugin().run!(Deno.execPath(), "--version"), 0);
      assertEquals(host.registry.status().plugins.find(({ name }) => name === "sample")?.escapes_sandbox, true);
      const refusal = told("run", "/bin/mkdir", "programs of [plugin.resources.subprocess]");
      await assertRejects(() => host.plugin().run!("/bin/mkdir", made), NotCapable, refusal);
      await assertRejects(() => Deno.stat(made), Deno.errors.NotFound);

      await using strict = await TestHost.start(files);
      assertEquals(strict.reason()?.code, "PermissionExceeded");
      assertStringIncludes(strict.reason()!.message, 'trust the plugin by name with trusted: ["thing/sample"]');
      await assertGoodAnswers(strict);
    },
  },
  "resources.packages.specifiers": {
    promise: "no other package is imported or fetched",
    async bites() {
      const main = (value: string) => ({ "1.0.0": { "index.js": `module.exports = "${value}";` } });
      await using registry = new FakeRegistry({ npm: { listed: main("listed"), other: main("other") } });
      await using cache = new TempFolder();
      const packages = { dir: cache.path, registries: { npm: registry.url } };
      const body = "load(specifier: string) { return import(specifier).then((module) => module.default); }";
      await using host = await TestHost.start(plugin(body, requires("packages", { specifiers: ["npm:listed@1"] })), {
        packages,
      });
      assertEquals(await host.plugin().load!("npm:listed@1"), "listed");
      for (const [specifier, name] of [["npm:other@1", "other"], ["other", "other"], ["npm:listed@2", "listed"]]) {
        await assertRejects(() => host.plugin().load!(specifier), Error, name);
      }
      assertEquals(registry.requests.filter((path) => path.startsWith("other")), []);
    },
  },
};
