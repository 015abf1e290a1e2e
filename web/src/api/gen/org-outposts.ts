// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.


export interface Operations {
  "POST /v1/orgs/{org_id}/outposts": {
    readonly path: { readonly org_id: string; };
    readonly body: { readonly outpost_name: string; readonly region: string; readonly deployment_env?: string | null | undefined; };
    readonly answer: { readonly outpost: { readonly id: string; readonly org_id: string; readonly outpost_name: string; readonly region: string; readonly deployment_env: string | null; readonly status: "active" | "inactive" | "cert_expired" | "deregistered"; readonly cert_issued_at: string | null; readonly cert_expires_at: string | null; readonly created_at: string; readonly deregistered_at: string | null; readonly last_seen: string | null; readonly outpost_version: string | null; readonly policy_version: string | null; readonly dlp_model_version: string | null; readonly pending_audit_events: number | null; readonly tier3_active: boolean | null; }; readonly client_cert: string; readonly client_key: string; readonly ca_bundle: string; };
  };
  "GET /v1/orgs/{org_id}/outposts": {
    readonly path: { readonly org_id: string; };
    readonly answer: readonly ({ readonly id: string; readonly org_id: string; readonly outpost_name: string; readonly region: string; readonly deployment_env: string | null; readonly status: "active" | "inactive" | "cert_expired" | "deregistered"; readonly cert_issued_at: string | null; readonly cert_expires_at: string | null; readonly created_at: string; readonly deregistered_at: string | null; readonly last_seen: string | null; readonly outpost_version: string | null; readonly policy_version: string | null; readonly dlp_model_version: string | null; readonly pending_audit_events: number | null; readonly tier3_active: boolean | null; })[];
  };
  "GET /v1/orgs/{org_id}/outposts/{outpost_id}": {
    readonly path: { readonly org_id: string; readonly outpost_id: string; };
    readonly answer: { readonly id: string; readonly org_id: string; readonly outpost_name: string; readonly region: string; readonly deployment_env: string | null; readonly status: "active" | "inactive" | "cert_expired" | "deregistered"; readonly cert_issued_at: string | null; readonly cert_expires_at: string | null; readonly created_at: string; readonly deregistered_at: string | null; readonly last_seen: string | null; readonly outpost_version: string | null; readonly policy_version: string | null; readonly dlp_model_version: string | null; readonly pending_audit_events: number | null; readonly tier3_active: boolean | null; };
  };
  "DELETE /v1/orgs/{org_id}/outposts/{outpost_id}": {
    readonly path: { readonly org_id: string; readonly outpost_id: string; };
    readonly answer: undefined;
  };
  "POST /v1/orgs/{org_id}/outposts/{outpost_id}/renew": {
    readonly path: { readonly org_id: string; readonly outpost_id: string; };
    readonly body: Readonly<Record<string, unknown>>;
    readonly answer: { readonly outpost: { readonly id: string; readonly org_id: string; readonly outpost_name: string; readonly region: string; readonly deployment_env: string | null; readonly status: "active" | "inactive" | "cert_expired" | "deregistered"; readonly cert_issued_at: string | null; readonly cert_expires_at: string | null; readonly created_at: string; readonly deregistered_at: string | null; readonly last_seen: string | null; readonly outpost_version: string | null; readonly policy_version: string | null; readonly dlp_model_version: string | null; readonly pending_audit_events: number | null; readonly tier3_active: boolean | null; }; readonly client_cert: string; readonly client_key: string; readonly ca_bundle: string; };
  };
  "POST /v1/orgs/{org_id}/outposts/{outpost_id}/heartbeat": {
    readonly path: { readonly org_id: string; readonly outpost_id: string; };
    readonly body: { readonly version: string; readonly uptime: number; readonly policy_version?: string | undefined; readonly last_sync_at?: string | null | undefined; readonly dlp_model_version?: string | undefined; readonly pending_audit_events?: number | undefined; readonly tier3_active?: boolean | undefined; };
    readonly answer: { readonly outpost_id: string; readonly received_at: string; };
  };
  "GET /pki/ca.pem": {
    readonly answer: undefined;
  };
  "GET /pki/crl.pem": {
    readonly answer: undefined;
  };
  "GET /pki/crl.der": {
    readonly answer: undefined;
  };
  "GET /pki/authorities/{authority_id}/crl.der": {
    readonly path: { readonly authority_id: string; };
    readonly answer: undefined;
  };
}
