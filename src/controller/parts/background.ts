import { type BackgroundParts, backgroundPasses } from '../background.ts';
import type { ServiceStack } from '../service-stack.ts';

/** What has to be looked at again and again. */
export async function startBackground(stack: ServiceStack, needs: BackgroundParts): Promise<void> {
  for (const pass of backgroundPasses(needs)) await stack.start(pass.name, pass);
}
