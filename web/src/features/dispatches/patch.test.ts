import { expect, test } from 'vitest';
import { readPatch, rowsOf } from './patch.ts';

const PATCH = `diff --git a/crane.conf b/crane.conf
index 1111111..2222222 100644
--- a/crane.conf
+++ b/crane.conf
@@ -1,3 +1,3 @@ heading
 name=crane
-max_load=8000
+max_load=12000
 floor=quay-1
\\ No newline at end of file
diff --git a/check load.sh b/check load.sh
new file mode 100755
index 0000000..3333333
--- /dev/null
+++ b/check load.sh
@@ -0,0 +1,2 @@
+#!/bin/sh
+--- not a header
diff --git a/old.txt b/new.txt
similarity index 100%
rename from old.txt
rename to new.txt
diff --git a/photo.png b/photo.png
index 4444444..5555555 100644
GIT binary patch
literal 4
LcmZ

diff --git a/package-lock.json b/package-lock.json
deleted file mode 100644
index 6666666..0000000
--- a/package-lock.json
+++ /dev/null
@@ -1 +0,0 @@
-{}
`;

test('a patch is read by file: what became of each, how much, and whether a program wrote it', () => {
  expect(readPatch(PATCH).map(({ body: _, ...file }) => file)).toEqual([
    { path: 'crane.conf', change: 'changed', isBinary: false, isGenerated: false, added: 1, removed: 1 },
    { path: 'check load.sh', change: 'added', isBinary: false, isGenerated: false, added: 2, removed: 0 },
    {
      ...{ path: 'new.txt', formerPath: 'old.txt', change: 'renamed' },
      ...{ isBinary: false, isGenerated: false, added: 0, removed: 0 },
    },
    { path: 'photo.png', change: 'changed', isBinary: true, isGenerated: false, added: 0, removed: 0 },
    { path: 'package-lock.json', change: 'deleted', isBinary: false, isGenerated: true, added: 0, removed: 1 },
  ]);
});

test('its rows have the numbers of their lines before and after', () => {
  const [file] = readPatch(PATCH);
  expect(file && rowsOf(file)).toEqual([
    { kind: 'hunk', text: '@@ -1,3 +1,3 @@ heading' },
    { kind: 'same', text: 'name=crane', before: 1, after: 1 },
    { kind: 'removed', text: 'max_load=8000', before: 2 },
    { kind: 'added', text: 'max_load=12000', after: 2 },
    { kind: 'same', text: 'floor=quay-1', before: 3, after: 3 },
    { kind: 'note', text: 'No newline at end of file' },
  ]);
});

test('what is no patch has no files', () => {
  expect(readPatch('')).toEqual([]);
  expect(readPatch('the agent changed nothing\n')).toEqual([]);
});
