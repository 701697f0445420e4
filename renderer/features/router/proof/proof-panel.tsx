// The proof beside the graph: why this route, and what held-out prompts say about the whole.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { HeldOutSection } from './held-out-section.tsx';
import css from './proof.module.css';
import { WaysSection } from './ways-section.tsx';
import { WhySection } from './why-section.tsx';

export function ProofPanel({ manifest }: { manifest: RouterManifest }) {
  return (
    <div className={css.panel}>
      <WhySection manifest={manifest} />
      <HeldOutSection manifest={manifest} />
      {manifest.routes.length > 0 && <WaysSection manifest={manifest} />}
    </div>
  );
}
