import { execFileSync } from 'node:child_process';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Bom {
  readonly specVersion: string;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

export interface Contents {
  readonly name: string;
  readonly version: string;
  /** `name@version` of packages whose code was taken into the bundle. */
  readonly bundled: readonly string[];
  /** `name@version` of packages that are there as files; what they were built from counts too. */
  readonly shipped: readonly string[];
  /** Programs inside packages, which scanners know by other names than the package's. */
  readonly programs: readonly { readonly name: string; readonly version: string }[];
}

/**
 * What a release is made of, in CycloneDX. npm knows every package with its hash and licence; here it is cut to those of
 * the release. (`npm sbom --omit dev` leaves out what a tool of development needs as well.) The same sources give the same
 * file: it has no time and no random number in it.
 */
export function sbomOf(root: string, contents: Contents): object {
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const whole: Bom = JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }));
  const kept = new Set([...contents.bundled, ...closure(whole, contents.shipped)]);
  const known = new Set(whole.components.map(({ 'bom-ref': ref }) => ref));
  const unknown = [...contents.bundled, ...contents.shipped].filter((ref) => !known.has(ref));
  if (unknown.length > 0) throw new Error(`npm does not know what the release contains: ${unknown.join(', ')}`);
  const { name, version } = contents;
  const ref = `${name}@${version}`;
  return {
    bomFormat: 'CycloneDX',
    specVersion: whole.specVersion,
    version: 1,
    metadata: { component: { 'bom-ref': ref, type: 'application', name, version } },
    components: [
      ...whole.components.filter((component) => kept.has(component['bom-ref'])),
      ...contents.programs.map(programComponent),
    ],
    dependencies: [
      { ref, dependsOn: [...kept].filter((one) => contents.bundled.includes(one) || contents.shipped.includes(one)) },
      ...whole.dependencies
        .filter((one) => kept.has(one.ref))
        .map((one) => ({ ref: one.ref, dependsOn: (one.dependsOn ?? []).filter((other) => kept.has(other)) })),
    ],
  };
}

function programComponent({ name, version }: { name: string; version: string }) {
  const purl = `pkg:generic/${name}@${version}`;
  return { 'bom-ref': purl, type: 'application', name, version, purl };
}

/** These and all they depend on. */
function closure({ dependencies }: Bom, refs: readonly string[]): Set<string> {
  const all = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const found = new Set(refs);
  for (const ref of found) for (const next of all.get(ref) ?? []) found.add(next); // a set goes on with what is added
  return found;
}
