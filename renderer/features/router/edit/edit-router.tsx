// The router as a whole: how it decides, whether it heeds emotions, and how conversations and memory are handled.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { defaultTones } from '#src/routing/emotion/apply-tone.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import { Switch } from '#renderer/ui/switch.tsx';
import { TextArea, TextInput } from '#renderer/ui/text-input.tsx';
import { isEmotionOn, setStepTones, stepTones, withProperty } from '../logic/edit-manifest.ts';
import { switchEmotionTo } from '../state/router-edits.ts';
import { edit } from '../state/router-store.ts';
import { ClassifierFields } from './classifier-fields.tsx';
import { LexiconNote } from './lexicon-note.tsx';
import { TonesFields } from './tones-fields.tsx';
import css from './edit.module.css';

type Policy = RouterManifest['policy'];

const megabyte = 2 ** 20;

export function EditRouter({ manifest }: { manifest: RouterManifest }) {
  const { policy } = manifest;
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
      <ClassifierFields manifest={manifest} />
      <Field
        label="Emotion"
        inline
        hint="Reads how the user feels before routing (English), shows it with every answer, and lets tones change it."
      >
        <Switch checked={isEmotionOn(manifest)} onChange={switchEmotionTo} />
      </Field>
      {isEmotionOn(manifest) && manifest.companions.every(({ role }) => role !== 'emotion') && (
        <LexiconNote />
      )}
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
