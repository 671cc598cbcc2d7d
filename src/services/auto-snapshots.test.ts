import { expect, test } from "vitest";
import { LibraryError } from "../protocol/library.ts";
import type { LibraryApi, SnapshotRecord } from "../protocol/library.ts";
import { AutoSnapshots } from "./auto-snapshots.ts";
import type { Desk } from "./desk.ts";
import { Preferences } from "./preferences.ts";

const MINUTE = 60_000;

function setUp() {
  const clock = { now: 0 };
  const session = { state: "running" };
  const snapshots: SnapshotRecord[] = [];
  const told: unknown[] = [];
  let failure: unknown = null;
  const library = {
    machine: () => ({ snapshots }),
    takeSnapshot: async (_: string, name: string, { automatic = false } = {}) => {
      if (failure) throw failure;
      snapshots.push({ id: `id ${name}`, name, automatic, takenAt: clock.now } as SnapshotRecord);
    },
    deleteSnapshot: async (_: string, id: string) =>
      void snapshots.splice(
        snapshots.findIndex((each) => each.id === id),
        1,
      ),
  } as unknown as LibraryApi;
  const desk = {
    machines: [
      { machineId: "one", session },
      { machineId: null, session },
    ],
    ofLibrary: () => undefined,
    tellError: (error: unknown) => told.push(error),
  } as unknown as Desk;
  const preferences = new Preferences(() => ({ getItem: () => null, setItem: () => {} }) as unknown as Storage);
  const auto = new AutoSnapshots(library, desk, preferences, (at) => `at ${at / MINUTE}`, () => clock.now); // prettier-ignore
  const pass = async (minutes: number) => {
    clock.now += minutes * MINUTE;
    await auto.look();
  };
  return { preferences, pass, snapshots, session, told, fail: (error: unknown) => (failure = error), library };
}

test("they are taken every so many minutes, and only so many are kept; a person's own stay", async () => {
  const { preferences, pass, snapshots, library } = setUp();
  await pass(60);
  expect(snapshots).toEqual([]);
  preferences.set({ autoSnapshots: { one: { everyMinutes: 5, keep: 2 } } });
  await pass(0);
  await pass(4.9);
  expect(snapshots).toEqual([]);
  await pass(0.1);
  await library.takeSnapshot("one", "mine");
  await pass(1);
  await pass(4);
  await pass(5);
  expect(snapshots.map(({ name }) => name)).toEqual(["mine", "at 70", "at 75"]);
  expect(snapshots.map(({ automatic }) => automatic)).toEqual([false, true, true]);
});

test("time in which the machine does not run does not count", async () => {
  const { preferences, pass, snapshots, session } = setUp();
  preferences.set({ autoSnapshots: { one: { everyMinutes: 5, keep: 2 } } });
  await pass(0);
  await pass(4);
  session.state = "paused";
  await pass(60);
  session.state = "running";
  await pass(1);
  await pass(4.5);
  expect(snapshots).toEqual([]);
  await pass(0.5);
  expect(snapshots).toHaveLength(1);
});

test("one that fails is told, and the next is tried when it is due", async () => {
  const { preferences, pass, snapshots, told, fail } = setUp();
  preferences.set({ autoSnapshots: { one: { everyMinutes: 5, keep: 2 } } });
  await pass(0);
  fail(new LibraryError("quota", "There is no room."));
  await pass(5);
  await pass(1);
  expect(told).toHaveLength(1);
  fail(null);
  await pass(4);
  expect(snapshots).toHaveLength(1);
});
