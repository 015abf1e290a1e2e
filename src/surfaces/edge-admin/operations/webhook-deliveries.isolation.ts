import type { MakeSample } from '#test/guards/tenant-isolation.ts';

const WEBHOOK = { url: 'http://127.0.0.1:1/', secret: 'x'.repeat(32), subscribed_events: ['edge.node.registered'] };

export const isolation: MakeSample = async ({ make }) => {
  const { id } = await make('/api/v1/webhooks', WEBHOOK);
  return {
    params: {
      '/api/v1/webhooks/{id}/deliveries': { id },
      '/api/v1/webhooks/{id}/redeliver': { id },
      '/api/v1/webhooks/{id}/test': { id },
    },
    bodies: { redeliverToWebhook: { since: '2026-01-01T00:00:00Z' } },
  };
};
