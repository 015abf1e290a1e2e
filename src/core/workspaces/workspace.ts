import type { NodeId, TenantId, WorkspaceId } from '../kernel/ids.ts';

/** The checkout of a repository that is kept between dispatches: one for each tenant and repository, on one node. */
export interface Workspace {
  readonly id: WorkspaceId;
  readonly tenantId: TenantId;
  /** `owner/repo` */
  readonly repo: string;
  /** Null until a dispatch has been placed, and when the node is gone. */
  readonly nodeId: NodeId | null;
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly lastAccessedAt: Date;
}
