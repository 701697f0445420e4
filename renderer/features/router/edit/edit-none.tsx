// What takes requests that no route takes.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Field } from '#renderer/ui/field.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { withProperty } from '../logic/edit-manifest.ts';
import { edit } from '../state/router-store.ts';
import { ExamplesField } from './examples-field.tsx';
import { SamplingFields } from './sampling-fields.tsx';
import { TargetField } from './target-field.tsx';
import css from './edit.module.css';

type Fallback = RouterManifest['fallback'];

export function EditNone({ manifest }: { manifest: RouterManifest }) {
  const { fallback } = manifest;
  const set = <K extends keyof Fallback>(property: K, value: Fallback[K] | undefined) =>
    edit((current) => ({ ...current, fallback: withProperty(current.fallback, property, value) }), {
      step: 'Edit none of these',
      joins: `fallback ${property}`,
    });
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>None of these</h2>
          <p className={css.text}>Takes what no route reaches its threshold for.</p>
        </div>
      </header>
      <TargetField route={null} target={fallback} manifest={manifest} />
      <ExamplesField
        examples={fallback.examples ?? []}
        owner="none of these"
        onChange={(examples) => set('examples', examples.length === 0 ? undefined : [...examples])}
      />
      <Field label="System prompt">
        <TextArea
          rows={3}
          value={fallback.systemPrompt ?? ''}
          onChange={(value) => set('systemPrompt', value === '' ? undefined : value)}
        />
      </Field>
      <SamplingFields
        sampling={fallback.sampling}
        onChange={(sampling) => set('sampling', sampling)}
      />
      <Field label="Note" hint="For people; kept, never read.">
        <TextArea
          rows={2}
          value={fallback.note ?? ''}
          onChange={(value) => set('note', value === '' ? undefined : value)}
        />
      </Field>
    </>
  );
}
