/** Options of all emitters. */
export interface EmitOptions {
  /** The hookspec's file, for the header. @default "kinds/<kind>/v<major>.yaml" */
  source?: string;
}
