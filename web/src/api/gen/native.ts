// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.

type CreateOrganisationRequest = { readonly name: string; };
type Timestamp = string;
type CreatedOrganisation = { readonly id: string; readonly name: string; readonly slug: string; readonly created_at: Timestamp; readonly api_key: string; };
type Organisation = { readonly id: string; readonly kind: "system" | "org" | "personal" | "team"; readonly name: string; readonly slug: string; readonly created_at: Timestamp; };
type OrganisationPage = { readonly items: readonly (Organisation)[]; readonly next_cursor: string | null; };
type SetQuotasRequest = { readonly nodes?: number | null | undefined; readonly revokedCertificates?: number | null | undefined; readonly clusters?: number | null | undefined; readonly keys?: number | null | undefined; readonly enrollmentKeys?: number | null | undefined; readonly enrollmentTokens?: number | null | undefined; readonly groups?: number | null | undefined; readonly aliases?: number | null | undefined; readonly sshUsernames?: number | null | undefined; readonly sshPublicKeys?: number | null | undefined; readonly webhooks?: number | null | undefined; readonly pendingExecutions?: number | null | undefined; readonly secrets?: number | null | undefined; readonly workspaces?: number | null | undefined; readonly waitingDispatches?: number | null | undefined; readonly runningDispatches?: number | null | undefined; readonly keptOutputBytes?: number | null | undefined; };
type Quotas = { readonly quotas: Readonly<Record<string, number>>; };
type CreateOrganisationKeyRequest = { readonly kind?: "api" | "arb" | "otp" | "scoped" | undefined; readonly name?: string | undefined; readonly scopes?: readonly (string)[] | undefined; readonly expires_at?: string | null | undefined; };
type CreatedKey = { readonly id: string; readonly org_id: string | null; readonly kind: "master" | "metrics" | "api" | "arb" | "otp" | "scoped"; readonly name: string; readonly hint: string; readonly scopes: readonly (string)[]; readonly created_at: Timestamp; readonly expires_at: Timestamp | null; readonly api_key: string; };
type Key = { readonly id: string; readonly org_id: string | null; readonly kind: "master" | "metrics" | "api" | "arb" | "otp" | "scoped"; readonly name: string; readonly hint: string; readonly scopes: readonly (string)[]; readonly created_at: Timestamp; readonly expires_at: Timestamp | null; readonly revoked_at: Timestamp | null; readonly last_used_at: Timestamp | null; };
type KeyPage = { readonly items: readonly (Key)[]; readonly next_cursor: string | null; };
type CreateKeyRequest = { readonly kind?: "api" | "arb" | "otp" | "scoped" | undefined; readonly name?: string | undefined; readonly scopes?: readonly (string)[] | undefined; readonly expires_at?: string | null | undefined; };
type Me = { readonly subject: string; readonly kind: string; readonly org_id: string; readonly is_master: boolean; readonly scopes: "all" | readonly (string)[]; };
type ScopeList = { readonly items: readonly ({ readonly name: string; readonly opens: string; })[]; };
type SignInIssuers = { readonly issuers: readonly ({ readonly issuer: string; readonly client_id: string; readonly scope: string; readonly resource: string | null; })[]; };
type Certificate = { readonly serial: string; readonly org_id: string; readonly node_id: string | null; readonly authority_id: string; readonly purpose: "node" | "outpost" | "controller"; readonly subject: string; readonly fingerprint: string; readonly not_before: Timestamp; readonly not_after: Timestamp; readonly revoked_at: Timestamp | null; readonly revocation_reason: string | null; readonly created_at: Timestamp; };
type CertificatePage = { readonly items: readonly (Certificate)[]; readonly next_cursor: string | null; };
type Authority = { readonly id: string; readonly kind: "root" | "intermediate"; readonly not_before: Timestamp; readonly not_after: Timestamp; readonly is_issuing: boolean; readonly certificate: string; };
type AuthorityPage = { readonly items: readonly (Authority)[]; readonly next_cursor: string | null; };
type WaitingNode = { readonly node_id: string; readonly hostname: string; readonly address: string; readonly certificate_ends_at: Timestamp; readonly first_seen_at: Timestamp; readonly last_seen_at: Timestamp; };
type WaitingNodePage = { readonly items: readonly (WaitingNode)[]; readonly next_cursor: string | null; };
type Admission = { readonly node_id: string; };
type TenantSecret = { readonly kind: "value" | "model" | "git"; readonly name: string; readonly created_at: Timestamp; readonly updated_at: Timestamp; };
type TenantSecretList = { readonly items: readonly (TenantSecret)[]; };
type SetSecretRequest = { readonly value: string; };
type AnnounceRelease = { readonly signature: string; };
type Release = { readonly id: string; readonly kind: "node" | "full"; readonly version: string; readonly platform: string; readonly counter: number; readonly protocols: readonly (number)[]; readonly size_bytes: number; readonly sha256: string; readonly signature: string; readonly published_by: string; readonly announced_at: Timestamp; readonly published_at: Timestamp | null; readonly withdrawn_at: Timestamp | null; };
type ReleasePage = { readonly items: readonly (Release)[]; readonly next_cursor: string | null; };
type ReleaseKey = { readonly public_key: string; readonly set_at: Timestamp; readonly set_by: string; };
type SetReleaseKey = { readonly public_key: string; };
type AuditRow = { readonly id: string; readonly position: number; readonly at: string; readonly subject: string; readonly action: string; readonly object: string | null; readonly address: string | null; readonly outcome: string; readonly request_id: string; readonly facts: Readonly<Record<string, unknown>>; readonly kind: "keyed" | "unkeyed"; readonly hash: string; };
type AuditHead = { readonly position: number; readonly hash: string; };
type AuditPage = { readonly items: readonly (AuditRow)[]; readonly next_cursor: string | null; readonly head: AuditHead; };
type AuditVerification = { readonly is_intact: boolean; readonly rows: number; readonly unkeyed_rows: number; readonly broken_at: number | null; readonly reason: "changed" | "removed" | "unkeyed" | "replaced" | "cut" | null; readonly head: AuditHead; };
type AuditExport = { readonly tenant_id: string; readonly after: AuditHead; readonly items: readonly (AuditRow)[]; readonly head: AuditHead; };

export interface Operations {
  "POST /v1/orgs": {
    readonly body: CreateOrganisationRequest;
    readonly answer: CreatedOrganisation;
  };
  "GET /v1/orgs": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: OrganisationPage;
  };
  "PATCH /v1/orgs/{org_id}/quotas": {
    readonly path: { readonly org_id: string; };
    readonly body: SetQuotasRequest;
    readonly answer: Quotas;
  };
  "POST /v1/orgs/{org_id}/keys": {
    readonly path: { readonly org_id: string; };
    readonly body: CreateOrganisationKeyRequest;
    readonly answer: CreatedKey;
  };
  "GET /v1/orgs/{org_id}/keys": {
    readonly path: { readonly org_id: string; };
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: KeyPage;
  };
  "DELETE /v1/orgs/{org_id}/keys/{key_id}": {
    readonly path: { readonly org_id: string; readonly key_id: string; };
    readonly answer: undefined;
  };
  "POST /v1/keys": {
    readonly body: CreateKeyRequest;
    readonly answer: CreatedKey;
  };
  "GET /v1/keys": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: KeyPage;
  };
  "DELETE /v1/keys/{key_id}": {
    readonly path: { readonly key_id: string; };
    readonly answer: undefined;
  };
  "GET /v1/me": {
    readonly answer: Me;
  };
  "GET /v1/scopes": {
    readonly answer: ScopeList;
  };
  "GET /v1/sign-in": {
    readonly answer: SignInIssuers;
  };
  "GET /v1/certificates": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; readonly node_id?: string | undefined; readonly ends_within_days?: number | undefined; readonly with_old?: boolean | undefined; };
    readonly answer: CertificatePage;
  };
  "GET /v1/authorities": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: AuthorityPage;
  };
  "POST /v1/authorities/rotate-intermediate": {
    readonly answer: Authority;
  };
  "GET /v1/waiting_nodes": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: WaitingNodePage;
  };
  "POST /v1/waiting_nodes/admissions": {
    readonly body: Admission;
    readonly answer: undefined;
  };
  "GET /v1/secrets": {
    readonly answer: TenantSecretList;
  };
  "PUT /v1/secrets/{kind}/{name}": {
    readonly path: { readonly kind: "value" | "model" | "git"; readonly name: string; };
    readonly body: SetSecretRequest;
    readonly answer: TenantSecret;
  };
  "DELETE /v1/secrets/{kind}/{name}": {
    readonly path: { readonly kind: "value" | "model" | "git"; readonly name: string; };
    readonly answer: undefined;
  };
  "POST /v1/releases": {
    readonly body: AnnounceRelease;
    readonly answer: Release;
  };
  "GET /v1/releases": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: ReleasePage;
  };
  "PUT /v1/releases/{release_id}/bundle": {
    readonly path: { readonly release_id: string; };
    readonly answer: Release;
  };
  "GET /v1/releases/{release_id}": {
    readonly path: { readonly release_id: string; };
    readonly answer: Release;
  };
  "POST /v1/releases/{release_id}/withdraw": {
    readonly path: { readonly release_id: string; };
    readonly answer: Release;
  };
  "GET /v1/release_key": {
    readonly answer: ReleaseKey;
  };
  "PUT /v1/release_key": {
    readonly body: SetReleaseKey;
    readonly answer: ReleaseKey;
  };
  "GET /v1/audit": {
    readonly query?: { readonly subject?: string | undefined; readonly action?: string | undefined; readonly object?: string | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: AuditPage;
  };
  "GET /v1/audit/verification": {
    readonly query?: { readonly since?: string | undefined; };
    readonly answer: AuditVerification;
  };
  "GET /v1/audit/export": {
    readonly query?: { readonly after?: number | undefined; readonly limit?: number | undefined; };
    readonly answer: AuditExport;
  };
  "GET /v1/orgs/{org_id}/audit": {
    readonly path: { readonly org_id: string; };
    readonly query?: { readonly subject?: string | undefined; readonly action?: string | undefined; readonly object?: string | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: AuditPage;
  };
}
