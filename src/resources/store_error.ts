/** What goes wrong in stores; the classes stand on the page of errors, so that they survive boundaries. */
export { CheckpointConflict, describeOperation, StoreError, type StoreOperation } from "../errors.ts";
