import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, tableView, type View } from '../../output/print-view.ts';

export function outpostsView(outposts: readonly Outpost[], invocation: Invocation): View {
  return tableView(
    outposts,
    [
      { header: 'NAME', value: (one) => one.outpost_name },
      { header: 'ID', value: (one) => one.id },
      { header: 'STATUS', value: (one) => one.status, paint: (text) => paintStatus(invocation.paint, text) },
      { header: 'REGION', value: (one) => one.region, isFlexible: true },
      { header: 'ENVIRONMENT', value: (one) => one.deployment_env, isFlexible: true },
      { header: 'VERSION', value: (one) => one.outpost_version, isFlexible: true },
      { header: 'SEEN', value: (one) => invocation.ago(one.last_seen) },
      { header: 'CERTIFICATE ENDS', value: (one) => invocation.ago(one.cert_expires_at) },
    ],
    'No outposts. garrison outposts register NAME --region R --out DIR registers one.',
  );
}

export function outpostView(one: Outpost, invocation: Invocation): View {
  return factsView(one, [
    ['name', one.outpost_name],
    ['id', one.id],
    ['organisation', one.org_id],
    ['status', paintStatus(invocation.paint, one.status)],
    ['region', one.region],
    ['environment', one.deployment_env],
    ['registered', invocation.ago(one.created_at)],
    ['seen', invocation.ago(one.last_seen)],
    ['certificate', `issued ${invocation.ago(one.cert_issued_at)}, ends ${invocation.ago(one.cert_expires_at)}`],
    ['deregistered', one.deregistered_at === null ? undefined : invocation.ago(one.deregistered_at)],
    ['version', one.outpost_version],
    ['policy', one.policy_version],
    ['DLP model', one.dlp_model_version],
    ['pending events', one.pending_audit_events],
    ['tier 3', one.tier3_active === null ? null : one.tier3_active ? 'active' : 'off'],
  ]);
}
