// The router as a whole: how it decides, whether it heeds emotions, and how conversations and memory are handled.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { defaultTones } from '#src/routing/emotion/apply-tone.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import { Switch } from '#renderer/ui/switch.tsx';
import { TextArea, TextInput } from '#renderer/ui/text-input.tsx';
import { isEmotionOn, setStepTones, stepTones, withProperty } from '../logic/edit-manifest.ts';
import { switchEmotionTo } from '../state/router-edits.ts';
import { edit } from '../state/router-store.ts';
import { TonesFields } from './tones-fields.tsx';
import css from './edit.module.css';

type Policy = RouterManifest['policy'];
type Classifier = RouterManifest['classifier'];

const megabyte = 2 ** 20;

export function EditRouter({ manifest }: { manifest: RouterManifest }) {
  const { policy, classifier } = manifest;
  const setPolicy = <K extends keyof Policy>(property: K, value: Policy[K] | undefined) =>
    edit((current) => ({ ...current, policy: withProperty(current.policy, property, value) }), {
      step: 'Edit the policy',
      joins: `policy ${property}`,
    });
  const sticky = policy.sticky ?? { enabled: true };
  return (
    <>
      <header className={css.head}>
        <div>
          <h2>Router settings</h2>
          <p className={css.text}>Choose a route or a parent in the graph to edit that one.</p>
        </div>
      </header>
      <Field label="Name">
        <TextInput
          value={manifest.name}
          onChange={(name) =>
            edit((current) => ({ ...current, name }), { step: 'Rename', joins: 'name' })
          }
        />
      </Field>
      <section className={css.group} aria-label="Classifier">
        <h3 className="label">Decides by</h3>
        <div className={css.startBare}>
          <Segmented
            label="Classifier"
            value={classifier.kind}
            options={[
              { value: 'lexical', label: 'Words' },
              { value: 'embedding', label: 'Embedding' },
              { value: 'cascade', label: 'Both' },
            ]}
            onChange={(kind) =>
              edit((current) => ({ ...current, classifier: otherKind(current.classifier, kind) }), {
                step: 'Choose how to decide',
              })
            }
          />
        </div>
        <p className={css.text}>{kindTexts[classifier.kind]}</p>
        {classifier.kind !== 'lexical' && (
          <Field label="Hidden states of">
            <Select
              value={classifier.parent ?? ''}
              options={[
                {
                  value: '',
                  label: classifier.file ?? 'The first parent',
                  ...(classifier.file === undefined ? {} : { description: 'An embedding model' }),
                },
                ...manifest.parents.map(({ id, quantization }) => ({
                  value: id,
                  label: id,
                  description: quantization,
                })),
              ]}
              onChange={(parent) =>
                edit(
                  (current) => ({
                    ...current,
                    classifier:
                      current.classifier.kind === 'lexical'
                        ? current.classifier
                        : withProperty(
                            current.classifier,
                            'parent',
                            parent === '' ? undefined : parent,
                          ),
                  }),
                  { step: 'Choose what embeds' },
                )
              }
            />
          </Field>
        )}
      </section>
      <Field
        label="Emotion"
        inline
        hint="Reads how the user feels before routing (English), shows it with every answer, and lets tones change it."
      >
        <Switch checked={isEmotionOn(manifest)} onChange={switchEmotionTo} />
      </Field>
      {manifest.steps.length > 0 && (
        <TonesFields
          general
          manifest={manifest}
          tones={stepTones(manifest)}
          onChange={(tones) =>
            edit((current) => setStepTones(current, tones), {
              step: 'Edit the tones',
              joins: 'tones',
            })
          }
        />
      )}
      {isEmotionOn(manifest) && stepTones(manifest) === undefined && (
        <Button
          className={css.startBare}
          title="A careful sentence for each emotion, and a cooler temperature; to be edited"
          onClick={() =>
            edit((current) => setStepTones(current, defaultTones), {
              step: 'Fill in careful tones',
            })
          }
        >
          Fill in careful tones
        </Button>
      )}
      <Field label="Conversations stay with their route" inline>
        <Switch
          checked={sticky.enabled}
          onChange={(enabled) => setPolicy('sticky', { ...sticky, enabled })}
        />
      </Field>
      {sticky.enabled && (
        <Field label="Leave when another is ahead by">
          <Slider
            label="Margin"
            value={sticky.leaveMargin ?? 0.2}
            minimum={0}
            maximum={1}
            step={0.01}
            onChange={(value) =>
              setPolicy('sticky', { ...sticky, leaveMargin: Math.round(value * 100) / 100 })
            }
          />
        </Field>
      )}
      <Field label="When the window is full">
        <Select
          value={policy.context?.whenFull ?? 'stop'}
          options={[
            { value: 'stop', label: 'Stop and say so' },
            { value: 'slide', label: 'Forget the oldest turns and say so' },
          ]}
          onChange={(whenFull) => setPolicy('context', { ...policy.context, whenFull })}
        />
      </Field>
      <div className={css.pair}>
        <Field label="Memory budget, MiB">
          <NumberInput
            value={
              policy.memoryBudgetBytes === undefined
                ? undefined
                : Math.round(policy.memoryBudgetBytes / megabyte)
            }
            minimum={0}
            step={256}
            whole
            placeholder="what is free"
            onChange={(value) => setPolicy('memoryBudgetBytes', value * megabyte)}
            onClear={() => setPolicy('memoryBudgetBytes', undefined)}
          />
        </Field>
        <Field label="Keep alive, seconds">
          <NumberInput
            value={policy.keepAliveSeconds}
            minimum={0}
            step={60}
            whole
            onChange={(value) => setPolicy('keepAliveSeconds', value)}
          />
        </Field>
      </div>
      <Field label="Note" hint="For people; kept, never read.">
        <TextArea
          rows={2}
          value={manifest.note ?? ''}
          onChange={(value) =>
            edit((current) => withProperty(current, 'note', value === '' ? undefined : value), {
              step: 'Edit the note',
              joins: 'note',
            })
          }
        />
      </Field>
    </>
  );
}

const kindTexts: Readonly<Record<Classifier['kind'], string>> = {
  lexical: 'Words and letters of examples and keywords; needs no model.',
  embedding: 'An embedding model, or the hidden states of a parent, which is loaded for it.',
  cascade: 'Words first; the embedding is asked where they are not sure.',
};

/** The same classifier of another kind: what both kinds know stays. */
function otherKind(before: Classifier, kind: Classifier['kind']): Classifier {
  if (before.kind === kind) return before;
  const note = before.note === undefined ? {} : { note: before.note };
  if (kind === 'lexical') return { kind, ...note };
  if (before.kind === 'lexical') return { kind, ...note };
  const { file, sha256, parent, method, neighbours } = before;
  const kept = { file, sha256, parent, method, neighbours };
  const known = Object.fromEntries(
    Object.entries(kept).filter(([, value]) => value !== undefined),
  ) as typeof kept;
  return { kind, ...known, ...note };
}
