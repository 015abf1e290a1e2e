import { text, url } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** Where artifacts are kept. */
export const artifactStoreSettings = {
  artifactBucket: {
    section: 'Artifacts',
    kind: text('the name of a bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    env: ['GARRISON_ARTIFACT_BUCKET'],
    defaultText: 'files in the data directory',
    description:
      'The S3 bucket that keeps artifacts, for all controllers. Credentials are found as every AWS program finds them (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, shared files, the role of the machine).',
  },
  artifactBucketPrefix: {
    section: 'Artifacts',
    kind: text('a name without slashes', /^[A-Za-z0-9._-]{1,64}$/),
    env: ['GARRISON_ARTIFACT_BUCKET_PREFIX'],
    default: 'garrison',
    description: 'What the names of all objects in the bucket begin with.',
  },
  artifactBucketRegion: {
    section: 'Artifacts',
    kind: text('the name of a region', /^[a-z0-9-]{1,32}$/),
    env: ['GARRISON_ARTIFACT_BUCKET_REGION'],
    default: 'us-east-1',
    description: 'The region of the bucket.',
  },
  artifactBucketEndpoint: {
    section: 'Artifacts',
    kind: url,
    env: ['GARRISON_ARTIFACT_BUCKET_ENDPOINT'],
    defaultText: 'that of AWS',
    description: 'Another service that speaks S3, such as https://minio.example.net:9000.',
  },
} as const satisfies Settings;
