/** What the scenario gives an attacker: the ports, and what else it names. */
export function given<Given>(): Given & { readonly api: number; readonly tls: number; readonly nodes: number } {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** The one value an attacker says, at its end. */
export function report(value: unknown): void {
  process.stdout.write(JSON.stringify(value), () => process.exit(0));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
