import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { ProtocolError, SerializationError } from "../../src/errors.ts";
import { Connection, encodeFrame, type RemoteStream } from "../../src/rpc/mod.ts";
import { messagesOf, nextTurn, TARGET } from "./linked_pair.ts";

/** An end that nobody answers; it sends stream 1 as its answer to call 1, and reads stream 1 of its peer. */
class LoneEnd {
  readonly violations: Error[] = [];
  readonly sent: unknown[][] = [];
  readonly items: unknown[] = [];
  pulled = 0;
  returned = 0;
  ended: unknown = "open";
  iterator: AsyncIterator<unknown> | undefined;
  readonly connection = new Connection({
    peer: "x",
    maxBytes: 4_000_000,
    write: (frame) => void this.sent.push(...messagesOf([frame])),
    onViolation: (error) => this.violations.push(error),
  });

  async *#generate() {
    try {
      while (this.pulled < 10) yield this.pulled++;
      await new Promise(() => {});
    } finally {
      this.returned++;
    }
  }

  static async open(): Promise<LoneEnd> {
    const end = new LoneEnd();
    end.connection.serve(TARGET, (_method, [stream]) => {
      if (stream === undefined) return end.#generate();
      end.iterator = (stream as RemoteStream)[Symbol.asyncIterator]();
      end.#read();
      return new Promise(() => {});
    });
    end.receive('[0,1,7,"x",[]]', '[0,2,7,"x",[null],[[[0],null,1]]]');
    await nextTurn();
    assertEquals(end.violations, []);
    assertEquals(end.sent.map(([kind]) => kind), [1, 7], "the end has answered with a stream and given credit");
    return end;
  }

  async #read(): Promise<void> {
    try {
      for (let step = await this.iterator!.next(); step.done !== true; step = await this.iterator!.next()) {
        this.items.push(step.value);
      }
      this.ended = "end";
    } catch (error) {
      this.ended = error;
    }
  }

  receive(...messages: string[]): void {
    this.connection.receive(encodeFrame(`[${messages.join(",")}]`));
  }
}

const start = "[7,1,5,1000]";
const many = `[9,1,[${"0,".repeat(2047)}0]]`;

const cases: [name: string, messages: string[], violation: string | undefined][] = [
  ["credit, then credit for what was sent", [start, "wait", "[7,1,5]"], undefined],
  ["credit without bytes for a new stream", ["[7,1,5]"], "a credit that no reader can give"],
  ["credit of zero bytes", ["[7,1,5,0]"], "a credit that no reader can give"],
  ["credit of negative bytes", ["[7,1,5,-1]"], "a credit that no reader can give"],
  ["credit whose bytes are text", ['[7,1,5,"9"]'], "a credit that no reader can give"],
  ["credit of no items", ["[7,1,0,1000]"], "a credit that no reader can give"],
  ["negative credit", ["[7,1,-1,1000]"], "a credit that no reader can give"],
  ["credit of a fraction", ["[7,1,1.5,1000]"], "a credit that no reader can give"],
  ["huge credit", ["[7,1,1e300,1000]"], "a credit that no reader can give"],
  ["credit beyond all windows", ["[7,1,65537,1000]"], "a credit that no reader can give"],
  ["credit that is null, as NaN would be", ["[7,1,null,1000]"], "a credit that no reader can give"],
  ["credit for items that were never sent", [start, "wait", "[7,1,6]"], "a credit that no reader can give"],
  ["credit twice for the same items", [start, "wait", "[7,1,5]", "[7,1,5]"], "a credit that no reader can give"],
  ["a second opening credit", [start, "wait", "[7,1,5,1000]"], "a credit that no reader can give"],
  ["credit for a stream that was never opened", ["[7,2,5,1000]"], "a stream that was never opened"],
  ["credit for stream 0", ["[7,0,5,1000]"], "a stream that was never opened"],
  ["credit for a stream that is text", ['[7,"1",5,1000]'], "a stream that was never opened"],
  ["credit for a stream that it has stopped itself", ["[8,1]", "[7,1,5,1000]"], undefined],
  ["a stop, and another", ["[8,1]", "[8,1]"], undefined],
  ["a stop of a stream that was never opened", ["[8,2]"], "a stream that was never opened"],
  ["a stop without a stream", ["[8]"], "a stream that was never opened"],
  ["items, then the end", ["[5,1,1]", "[5,1]", "[9,1,[2,3]]", "[6,1]"], undefined],
  ["an end that is an error", ['[6,1,{"name":"RangeError","message":"m"}]'], undefined],
  ["an item of a stream that was never opened", ["[5,2,1]"], "an item that no reader asked for"],
  ["an item of a stream that is text", ['[5,"1",1]'], "an item that no reader asked for"],
  ["an item after the end", ["[6,1]", "[5,1,1]"], "an item that no reader asked for"],
  ["items that are no list", ["[9,1,{}]"], "items are a list"],
  ["items without a list", ["[9,1]"], "items are a list"],
  ["two ends", ["[6,1]", "[6,1]"], "the end of a stream that is not open"],
  ["the end of a stream that was never opened", ["[6,2]"], "the end of a stream that is not open"],
  ["as many items as there is credit for", [many], undefined],
  ["one item beyond the credit", [many, "[5,1,0]"], "an item that no reader asked for"],
  ["an item that is a stream", ["[5,1,null,[[[],null,2]]]"], "a patch fits neither"],
  ["a stream inside an argument", ['[0,3,7,"x",[[null]],[[[0,0],null,2]]]'], "a patch fits neither"],
  ["a stream in place of all arguments", ['[0,3,7,"x",null,[[[],null,2]]]'], "a patch fits neither"],
  ["a stream in a notification", ['[3,0,7,"x",[null],[[[0],null,2]]]'], "a patch fits neither"],
  ["a stream's number used twice", ['[0,3,7,"x",[null],[[[0],null,1]]]'], "number is not above the last"],
  ["a stream's number that is text", ['[0,3,7,"x",[null],[[[0],null,"2"]]]'], "number is not above the last"],
  ["a stream's number that is missing", ['[0,3,7,"x",[null],[[[0],null]]]'], "number is not above the last"],
];

for (const [name, messages, why] of cases) {
  Deno.test(`a peer that sends ${name} ${why === undefined ? "is right" : "has broken the protocol"}`, async () => {
    const end = await LoneEnd.open();
    for (const message of messages) {
      if (message === "wait") await nextTurn();
      else end.receive(message);
    }
    await nextTurn();
    if (why === undefined) assertEquals(end.violations, []);
    else {
      assertEquals(end.violations.length, 1);
      assertInstanceOf(end.violations[0], ProtocolError);
      assert(end.violations[0].message.includes(why), end.violations[0].message);
      await assertRejects(() => end.connection.call(TARGET, "x", []), ProtocolError);
      if (end.ended === "open") throw new Error("a reader waits for ever");
      assertEquals(end.connection.call.length, 3);
    }
    end.connection.close(new Error("closed"));
    await nextTurn();
    assert(end.ended !== "open");
  });
}

Deno.test("items of a stream that was stopped are tolerated until its end, within the credit they had", async () => {
  const end = await LoneEnd.open();
  await end.iterator!.return!();
  end.receive("[5,1,1]", "[9,1,[2,3]]", "[5,1]", "[6,1]");
  assertEquals([end.violations, end.items], [[], []]);
  end.receive("[5,1,1]");
  assertEquals(end.violations.length, 1);
  const greedy = await LoneEnd.open();
  await greedy.iterator!.return!();
  greedy.receive(many, "[5,1,1]");
  assertEquals(greedy.violations.length, 1);
});

Deno.test("items beyond the window of bytes are a violation, though there is credit for more items", async () => {
  const end = await LoneEnd.open();
  const text = `"${"x".repeat(400_000)}"`;
  end.connection.receive(encodeFrame(`[[9,1,[0,${text},${text},${text}]]]`)); // the first goes to the reader that waits
  assertEquals(end.violations, []);
  end.receive("[5,1,0]");
  assertEquals(end.violations.length, 1);
  await nextTurn();
});

Deno.test("the producer pulls no further than the credit, in items and in bytes", async () => {
  const byItems = await LoneEnd.open();
  byItems.receive("[7,1,5,1000]");
  await nextTurn();
  assertEquals(byItems.pulled, 5);
  byItems.receive("[7,1,2]");
  await nextTurn();
  assertEquals(byItems.pulled, 7);
  const byBytes = await LoneEnd.open();
  byBytes.receive("[7,1,100,3]");
  await nextTurn();
  assertEquals(byBytes.pulled, 3, "each item is one character");
  byBytes.receive("[7,1,2]");
  await nextTurn();
  assertEquals(byBytes.pulled, 5);
  for (const end of [byItems, byBytes]) end.connection.close(new Error("closed"));
});

Deno.test("a violation ends streams in both directions", async () => {
  const end = await LoneEnd.open();
  end.receive("[7,1,5,1000]", "[9,1,[1,2]]");
  await nextTurn();
  end.receive("[99]");
  await nextTurn();
  assertEquals([end.items, end.returned, end.pulled], [[1, 2], 1, 5]);
  assertInstanceOf(end.ended, ProtocolError);
});

Deno.test("a message of too many values is refused before it is read, at both ends; a long text is not", async () => {
  const heavy = `[${"{},".repeat(1_000_001)}{}]`;
  const violations: string[] = [];
  const connection = new Connection({
    peer: "peer",
    write: () => {},
    onViolation: ({ message }) => violations.push(message),
  });
  connection.receive(encodeFrame(`[[1,1,${heavy}]]`));
  assertEquals(violations, ["Cannot understand message from peer: it holds more than 1000000 values and keys"]);

  const sender = new Connection({ peer: "peer", write: () => {} });
  const list = JSON.parse(heavy);
  await assertRejects(() => sender.call(1, "take", [list]), SerializationError, "more than 1000000 values and keys");
  sender.call(1, "take", [`",[{:\\"`.repeat(1_500_000)]).catch(() => {});
  sender.close(new Error("over"));
});
