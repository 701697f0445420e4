// A route in place: where it goes, its threshold, what it is told by, what it tells the model.
import { Trash2 } from 'lucide-react';
import type { ManifestRoute, RouterManifest } from '#src/contract/routing/manifest.ts';
import { Field } from '#renderer/ui/field.tsx';
import { IconButton } from '#renderer/ui/button.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { setOfRoute } from '../logic/edit-manifest.ts';
import { shortOf } from '../logic/route-names.ts';
import { dropRoute } from '../state/router-edits.ts';
import { edit, useRouter } from '../state/router-store.ts';
import { KeywordsField } from './keywords-field.tsx';
import { ExamplesField } from './examples-field.tsx';
import { SamplingFields } from './sampling-fields.tsx';
import { TargetField } from './target-field.tsx';
import { ThresholdField } from './threshold-field.tsx';
import { TonesFields } from './tones-fields.tsx';
import css from './edit.module.css';

export function EditRoute({ route, manifest }: { route: ManifestRoute; manifest: RouterManifest }) {
  const { id } = route;
  const name = shortOf(id);
  const set = <K extends keyof ManifestRoute>(property: K, value: ManifestRoute[K] | undefined) =>
    edit((current) => setOfRoute(current, id, property, value), {
      step: `Edit ${name}`,
      joins: `${property} ${id}`,
    });
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>{name}</h2>
          <p className={css.id}>{id}</p>
        </div>
        <IconButton label={`Remove the route ${name}`} onClick={() => dropRoute(id)}>
          <Trash2 aria-hidden="true" />
        </IconButton>
      </header>
      <TargetField route={id} target={route} manifest={manifest} />
      <ThresholdField route={route} onChange={(value) => set('threshold', value)} />
      <RouteFigures id={id} />
      <ExamplesField
        examples={route.examples}
        owner={name}
        onChange={(examples) => set('examples', [...examples])}
      />
      <KeywordsField
        keywords={route.keywords}
        owner={name}
        onChange={(keywords) => set('keywords', [...keywords])}
      />
      <Field label="System prompt" hint="What the model is told before the conversation.">
        <TextArea
          rows={3}
          value={route.systemPrompt ?? ''}
          onChange={(value) => set('systemPrompt', value === '' ? undefined : value)}
        />
      </Field>
      <SamplingFields
        sampling={route.sampling}
        onChange={(sampling) => set('sampling', sampling)}
      />
      <TonesFields
        manifest={manifest}
        tones={route.tones}
        onChange={(tones) => set('tones', tones)}
      />
      <Field
        label="When its parent cannot answer"
        hint="Used when the parent does not fit into memory."
      >
        <Select
          value={route.fallback ?? ''}
          options={[
            { value: '', label: 'The fallback of the router' },
            ...manifest.routes
              .filter((other) => other.id !== id)
              .map((other) => ({
                value: other.id,
                label: shortOf(other.id),
                description: other.id,
              })),
          ]}
          onChange={(value) => set('fallback', value === '' ? undefined : value)}
        />
      </Field>
      <Field label="Note" hint="For people; kept, never read.">
        <TextArea
          rows={2}
          value={route.note ?? ''}
          onChange={(value) => set('note', value === '' ? undefined : value)}
        />
      </Field>
    </>
  );
}

/** How the route does on prompts that were never trained on. */
function RouteFigures({ id }: { id: string }) {
  const figures = useRouter(({ measured }) =>
    measured.result?.perRoute.find(({ route }) => route === id),
  );
  if (figures === undefined) return null;
  return (
    <dl className={css.figures} aria-label="Held-out figures">
      <dt>precision</dt>
      <dd className="num">{figures.precision.toFixed(2)}</dd>
      <dt>recall</dt>
      <dd className="num">{figures.recall.toFixed(2)}</dd>
      <dt>F1</dt>
      <dd className="num">{figures.f1.toFixed(2)}</dd>
      <dt>tested on</dt>
      <dd className="num">{figures.test}</dd>
    </dl>
  );
}
