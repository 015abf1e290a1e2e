import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make, first, nodeId }) => {
  const targeting = { type: 'nodes', node_ids: [nodeId] };
  const command = await make('/api/v1/commands', { command_text: 'sleep 60', targeting });
  const { id } = await first(`/api/v1/command_executions?command_id=${command.id}`);
  return {
    params: {
      '/api/v1/command_executions/{id}': { id },
      '/api/v1/command_executions/{id}/cancel': { id },
    },
  };
};
