/**
 * The messages of the protocol, each an array whose first element is its kind. A frame's text is an array of them:
 * what is sent in one turn of the event loop shares a frame. A value may be followed by its patches (`values.ts`), which
 * say where in it bytes, `undefined` and streams stand.
 *
 * Calls are numbered by the end that makes them, streams by the end that sends them, both upwards from 1. So a number
 * says whether it was ever given out, and what merely comes late can be told from what was made up:
 *
 * | message           | tolerated, because it may cross the other end's on the way | a violation                         |
 * | ----------------- | ---------------------------------------------------------- | ----------------------------------- |
 * | `CALL`            |                                                            | number not above the last, one too many |
 * | `RESULT`, `ERROR` | one for a cancelled call                                   | any other that nobody waits for     |
 * | `CANCEL`          | of a call that is answered                                 | of a call never made, a second one  |
 * | `ITEM(S)`, `END`  | of a stopped stream, until its one `END`                   | unknown or ended stream, beyond the credit |
 * | `CREDIT`          | for a stream that has ended                                | never opened, for items never sent, no count |
 * | `STOP`            | of a stream that has ended                                 | of a stream never opened            |
 */

/** `[CALL, id, target, method, args, patches?, metadata?]` */
export const CALL = 0;
/** `[RESULT, id, value?, patches?]`; without a value the result is `undefined`. Acknowledges a cancelled call, too. */
export const RESULT = 1;
/** `[ERROR, id, error record]` */
export const ERROR = 2;
/** `[NOTIFY, 0, target, method, args, patches?]` */
export const NOTIFY = 3;
/** `[CANCEL, id]`: whoever made the call wants no answer. It is answered nevertheless, once and without a value. */
export const CANCEL = 4;
/** `[ITEM, stream, value?, patches?]`: one item; without a value it is `undefined`. */
export const ITEM = 5;
/** `[END, stream, error record?]`: always the last message of a stream, also of one that was stopped. */
export const END = 6;
/**
 * `[CREDIT, stream, items, bytes?]`: so many more items may be sent. The first one starts the stream, and says how many
 * bytes may be ahead; each later one acknowledges as many items.
 */
export const CREDIT = 7;
/** `[STOP, stream]`: the reader wants no more. */
export const STOP = 8;
/** `[ITEMS, stream, values]`: several, of JSON alone. */
export const ITEMS = 9;
