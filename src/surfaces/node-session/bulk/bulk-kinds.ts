import type { BulkKind, PurposeCase } from './bulk-kind.ts';
import { fileDownload } from './file-download.ts';
import { fileUpload } from './file-upload.ts';

/** Every kind of bulk connection there is. */
export const BULK_KINDS: { readonly [Case in PurposeCase]: BulkKind<Case> } = {
  upload: fileUpload,
  download: fileDownload,
};
