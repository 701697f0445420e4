// A companion: a model that is packaged apart, with its role and what it needs.
import { Trash2 } from 'lucide-react';
import type { ManifestCompanion } from '#src/contract/routing/manifest.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { IconButton } from '#renderer/ui/button.tsx';
import { edit, useRouter } from '../state/router-store.ts';
import css from './edit.module.css';

const roles: Readonly<Record<ManifestCompanion['role'], string>> = {
  emotion: 'Detects the emotion of a request before it is routed',
  asr: 'Speech to text',
  tts: 'Text to speech',
  vocoder: 'Gives a voice model its sound',
  mmproj: 'Lets a parent see pictures',
};

export function EditCompanion({
  companion,
  index,
}: {
  companion: ManifestCompanion;
  index: number;
}) {
  const name = companion.id ?? companion.role;
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>{name}</h2>
          <p className={css.id}>{companion.file}</p>
        </div>
        <IconButton
          label={`Remove the companion ${name}`}
          onClick={() => {
            edit(
              (manifest) => ({
                ...manifest,
                companions: manifest.companions.filter((_, at) => at !== index),
              }),
              { step: `Remove ${name}` },
            );
            useRouter.setState({ selection: undefined });
          }}
        >
          <Trash2 aria-hidden="true" />
        </IconButton>
      </header>
      <dl className={css.facts}>
        <dt>Role</dt>
        <dd>{companion.role}</dd>
        {companion.bytes !== undefined && (
          <>
            <dt>Size</dt>
            <dd className="num">{formatBytes(companion.bytes)}</dd>
          </>
        )}
        <dt>Needs</dt>
        <dd>{companion.needs === undefined ? 'nothing else' : companion.needs.join(', ')}</dd>
        <dt>SHA-256</dt>
        <dd className="num" title={companion.sha256}>
          {companion.sha256.slice(0, 12)}…
        </dd>
      </dl>
      <p className={css.text}>{roles[companion.role]}.</p>
      {companion.note !== undefined && <p className={css.text}>{companion.note}</p>}
    </>
  );
}
