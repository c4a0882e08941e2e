/** What a plugin asks before it touches what belongs to a tenant. */
export interface AccessRequest {
  /** What is to be touched, for example `collection/invoices`. */
  resource: string;
  /** What is to be done with it, for example `read`. */
  action: string;
  /** For whom. @default `tenant_id` of the running call */
  tenant_id?: string | undefined;
  /** Who asks, as `kind/name`. Said by the host, whatever the plugin says. */
  plugin?: string;
}

/** Who may touch what (SPEC section 8a, ADR-0001). A host with tenants brings its own. */
export interface TenantContext {
  /**
   * Asks for access.
   *
   * @returns Whether it is given.
   */
  checkAccess(request: AccessRequest): boolean | Promise<boolean>;
}

/** Lets everything pass: for hosts without tenants. */
export class NoOpTenantContext implements TenantContext {
  /** Gives access. */
  checkAccess(_request: AccessRequest): boolean {
    return true;
  }
}
