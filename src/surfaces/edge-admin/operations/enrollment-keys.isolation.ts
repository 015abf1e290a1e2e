import type { MakeSample } from '#test/guards/tenant-isolation.ts';

export const isolation: MakeSample = async ({ make, clusterName }) => {
  const { id } = await make(`/api/v1/clusters/${clusterName}/enrollment_keys`, {});
  return {
    params: {
      '/api/v1/clusters/{cluster_name}/enrollment_keys': { cluster_name: clusterName },
      '/api/v1/enrollment_keys/{id}': { id },
    },
    bodies: { createEnrollmentKey: {}, updateEnrollmentKey: { uses_remaining: 5 } },
  };
};
