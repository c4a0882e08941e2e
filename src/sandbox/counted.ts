import type { Waiter } from "../rpc/mod.ts";

/**
 * Counts a call as work of whoever does it, until it is really done: a cancelled call is, when its answer arrives.
 *
 * @param member Who works on it.
 * @param waiter Who waits for it.
 */
export function counted(member: { busy: number }, waiter: Waiter): Waiter {
  member.busy++;
  return {
    resolve(value) {
      member.busy--;
      waiter.resolve(value);
    },
    reject(error, early) {
      if (early !== true) member.busy--;
      waiter.reject(error, early);
    },
    late() {
      member.busy--;
      waiter.late?.();
    },
  };
}
