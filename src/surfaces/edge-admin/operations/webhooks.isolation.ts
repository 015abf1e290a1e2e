import type { MakeSample } from '#test/guards/tenant-isolation.ts';

const WEBHOOK = { url: 'http://127.0.0.1:1/', secret: 'x'.repeat(32), subscribed_events: ['edge.node.registered'] };

export const isolation: MakeSample = async ({ make }) => {
  const { id } = await make('/api/v1/webhooks', WEBHOOK);
  return {
    params: {
      '/api/v1/webhooks/{id}': { id },
      '/api/v1/webhooks/{id}/pause': { id },
      '/api/v1/webhooks/{id}/resume': { id },
      '/api/v1/webhooks/{id}/rotate_secret': { id },
    },
    bodies: { rotateWebhookSecret: { secret: 'y'.repeat(32) } },
  };
};
