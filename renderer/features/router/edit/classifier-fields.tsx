// How the router decides: by words, by an embedding, or by both, and what the embedding is made of.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { withClassifier } from '#src/routing/manifest/with-classifier.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { withProperty } from '../logic/edit-manifest.ts';
import { kindLabels } from '../logic/kind-labels.ts';
import { train } from '../state/router-measure.ts';
import { edit, showTab, useRouter } from '../state/router-store.ts';
import { measureWays } from '../state/router-ways.ts';
import css from './edit.module.css';
import { EmbeddingField } from './embedding-field.tsx';

type Classifier = RouterManifest['classifier'];
type Embedding = Exclude<Classifier, { kind: 'lexical' }>;
type Cascade = Extract<Classifier, { kind: 'cascade' }>;

const kindTexts: Readonly<Record<Classifier['kind'], string>> = {
  lexical: 'Words and letters of examples and keywords; needs no model.',
  embedding: 'An embedding model, or the hidden states of a parent, which is loaded for it.',
  cascade: 'Words first; the embedding is asked where they are not sure.',
};

export function ClassifierFields({ manifest }: { manifest: RouterManifest }) {
  const { classifier } = manifest;
  const saved = useRouter(({ document }) => document?.saved);
  const isUntrained =
    saved !== undefined &&
    saved.classifier.kind !== classifier.kind &&
    manifest.routes.every(({ threshold }, index) => threshold === saved.routes[index]?.threshold);
  const busy = useRouter((store) => store.busy);
  return (
    <section className={css.group} aria-label="Classifier">
      <h3 className="label">Decides by</h3>
      <div className={css.startBare}>
        <Segmented
          label="Classifier"
          value={classifier.kind}
          options={[
            { value: 'lexical', label: kindLabels.lexical },
            { value: 'embedding', label: kindLabels.embedding },
            { value: 'cascade', label: kindLabels.cascade },
          ]}
          onChange={(kind) =>
            edit((current) => withClassifier(current, kind), { step: 'Choose how to decide' })
          }
        />
      </div>
      <p className={css.text}>{kindTexts[classifier.kind]}</p>
      <EmbeddingField manifest={manifest} />
      {classifier.kind !== 'lexical' && <EmbeddingFields classifier={classifier} />}
      {isUntrained && (
        <p className={css.text}>
          The thresholds were found for another way to decide, whose scores are others: train them.
        </p>
      )}
      <div className={css.buttons}>
        <Button busy={busy === 'training'} onClick={() => void train(false)}>
          Train thresholds
        </Button>
        <Button
          onClick={() => {
            showTab('proof');
            void measureWays();
          }}
        >
          Compare all three
        </Button>
      </div>
    </section>
  );
}

function EmbeddingFields({ classifier }: { classifier: Embedding }) {
  const set = <K extends 'method' | 'neighbours'>(
    property: K,
    value: Embedding[K] | undefined,
    step: string,
  ) =>
    edit(
      (current) =>
        current.classifier.kind === 'lexical'
          ? current
          : { ...current, classifier: withProperty(current.classifier, property, value) },
      { step, joins: `classifier ${property}` },
    );
  const { method = 'nearest', neighbours = 5 } = classifier;
  return (
    <>
      <Field label="Compares with">
        <Select
          value={method}
          options={[
            { value: 'nearest', label: 'The nearest examples' },
            { value: 'centroids', label: 'The middle of each route’s examples' },
          ]}
          onChange={(value) => set('method', value, 'Choose what is compared')}
        />
      </Field>
      {method === 'nearest' && (
        <Field label="Examples that vote">
          <NumberInput
            value={neighbours}
            minimum={1}
            maximum={100}
            whole
            onChange={(value) => set('neighbours', value, 'Edit the votes')}
          />
        </Field>
      )}
      {classifier.kind === 'cascade' && <Certain classifier={classifier} />}
    </>
  );
}

function Certain({ classifier: { certain = 0.8 } }: { classifier: Cascade }) {
  return (
    <Field
      label="Words decide alone from a score of"
      hint="Below it the embedding is asked, which takes longer."
    >
      <Slider
        label="Score from which words decide alone"
        value={certain}
        minimum={0}
        maximum={1}
        step={0.01}
        onChange={(value) =>
          edit(
            (current) =>
              current.classifier.kind === 'cascade'
                ? {
                    ...current,
                    classifier: { ...current.classifier, certain: Math.round(value * 100) / 100 },
                  }
                : current,
            { step: 'Edit when words decide alone', joins: 'certain' },
          )
        }
      />
    </Field>
  );
}
