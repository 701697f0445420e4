// A parent: what it is (a build wrote that), its window and note (people set those), and what leads to it.
import { Trash2 } from 'lucide-react';
import type { ManifestParent } from '#src/contract/routing/manifest.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { Chip } from '#renderer/ui/chip.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { IconButton } from '#renderer/ui/button.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Switch } from '#renderer/ui/switch.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { changeParent, leadTo, removeParent, withProperty } from '../logic/edit-manifest.ts';
import type { RouterDocument } from '../logic/router-document.ts';
import { parentNames, shortOf } from '../logic/route-names.ts';
import { edit, useRouter } from '../state/router-store.ts';
import css from './edit.module.css';

export interface EditParentProps {
  parent: ManifestParent;
  document: RouterDocument;
}

export function EditParent({ parent, document: { manifest } }: EditParentProps) {
  const { id } = parent;
  const leading = leadTo(manifest, id);
  const served = useRouter(({ server }) => server?.loaded);
  const loaded = served?.filter((one) => one.parent === id);
  const set = <K extends keyof ManifestParent>(property: K, value: ManifestParent[K] | undefined) =>
    edit((current) => changeParent(current, id, (one) => withProperty(one, property, value)), {
      step: `Edit ${id}`,
      joins: `${property} ${id}`,
    });
  const preloaded = manifest.policy.preload.includes(id);
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>{parentNames(manifest.parents).get(id) ?? id}</h2>
          <p className={css.id}>{parent.file}</p>
        </div>
        <IconButton
          label={
            leading.length > 0
              ? `Cannot be removed: ${leading.map(shortOf).join(', ')} ${leading.length === 1 ? 'leads' : 'lead'} here`
              : manifest.parents.length === 1
                ? 'Cannot be removed: it is the only parent'
                : `Remove the parent ${id}`
          }
          aria-disabled={leading.length > 0 || manifest.parents.length === 1}
          onClick={() => {
            if (leading.length > 0 || manifest.parents.length === 1) return;
            edit((current) => removeParent(current, id), { step: `Remove ${id}` });
            useRouter.setState({ selection: undefined });
          }}
        >
          <Trash2 aria-hidden="true" />
        </IconButton>
      </header>
      <dl className={css.facts}>
        <dt>Level</dt>
        <dd>
          <LevelTag level={parent.quantization} />
        </dd>
        <dt>Size</dt>
        <dd className="num">{formatBytes(parent.bytes)}</dd>
        <dt>Base</dt>
        <dd>{parent.base}</dd>
        <dt>Domain</dt>
        <dd>{parent.domain}</dd>
        <dt>SHA-256</dt>
        <dd className={css.hash}>
          <span className="num" title={parent.sha256}>
            {parent.sha256.slice(0, 12)}…
          </span>
          <CopyButton text={parent.sha256} label="Copy the hash" />
        </dd>
        {loaded !== undefined && loaded.length > 0 && (
          <>
            <dt>In memory</dt>
            <dd className="num">
              {formatBytes(loaded.reduce((sum, one) => sum + one.ramBytes + one.vramBytes, 0))}
            </dd>
          </>
        )}
      </dl>
      <Field label="Context window" hint="Tokens that a conversation can grow to.">
        <NumberInput
          value={parent.contextWindow}
          minimum={1}
          step={256}
          whole
          placeholder="as trained"
          onChange={(value) => set('contextWindow', value)}
          onClear={() => set('contextWindow', undefined)}
        />
      </Field>
      <Field label="Load at the start" inline>
        <Switch
          checked={preloaded}
          onChange={(on) =>
            edit(
              (current) => ({
                ...current,
                policy: {
                  ...current.policy,
                  preload: on
                    ? [...current.policy.preload, id]
                    : current.policy.preload.filter((one) => one !== id),
                },
              }),
              { step: on ? `Preload ${id}` : `Do not preload ${id}` },
            )
          }
        />
      </Field>
      <section className={css.group} aria-label="Adapters">
        <h3 className="label">Adapters</h3>
        {parent.adapters.length === 0 ? (
          <p className={css.text}>None: the base answers by itself.</p>
        ) : (
          <ul className={css.list}>
            {parent.adapters.map((adapter) => (
              <li key={adapter.id}>
                <span>{shortOf(adapter.subdomain)}</span>
                <span className="num">× {adapter.scale}</span>
                <Chip>{adapter.source}</Chip>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className={css.group} aria-label="Routes that lead here">
        <h3 className="label">Leads here</h3>
        <p className={css.text}>
          {leading.length === 0 ? 'Nothing: it is never asked.' : leading.map(shortOf).join(', ')}
        </p>
      </section>
      <Field label="Note" hint="For people; kept, never read.">
        <TextArea
          rows={2}
          value={parent.note ?? ''}
          onChange={(value) => set('note', value === '' ? undefined : value)}
        />
      </Field>
    </>
  );
}
