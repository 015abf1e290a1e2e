// A reporter of Vitest: how long each group of tests took, and what this machine skipped, by name.
export default class GroupMinutes {
  #groups = new Map();
  #skipped = [];

  onTestModuleStart(module) {
    const { name } = module.project;
    if (!this.#groups.has(name)) this.#groups.set(name, { files: 0, workMs: 0, startedAt: Date.now() });
  }

  onTestModuleEnd(module) {
    const { name } = module.project;
    const group = this.#groups.get(name);
    group.files++;
    group.workMs += module.diagnostic().duration;
    group.endedAt = Date.now();
    for (const test of module.children.allTests('skipped')) this.#skipped.push(`${name}: ${test.fullName}`);
  }

  onTestRunEnd() {
    for (const [name, { files, workMs, startedAt, endedAt }] of this.#groups)
      console.log(
        `-- ${name}: ${minutes(endedAt - startedAt)} from first to last, ${minutes(workMs)} of tests, ${files} files`,
      );
    console.log(`-- skipped on this machine: ${this.#skipped.length}`);
    for (const name of this.#skipped) console.log(`   ${name}`);
  }
}

function minutes(ms) {
  return `${(ms / 60_000).toFixed(2)} min`;
}
