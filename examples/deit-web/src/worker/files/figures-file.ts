import type { Curves, EpochPoint, ModelFigures, Role, StepPoint } from "../../session/types.ts";

const isRole = (value: unknown): value is Role => value === "student" || value === "teacher";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value <= 1;
const isNumber = (value: unknown): boolean => Number.isFinite(value);

/** Whether all items of a list are objects that pass. */
function isListOf<T>(value: unknown, passes: (item: T) => boolean): value is readonly T[] {
  return (
    Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null && passes(item))
  );
}

/** Whether a value of a file is models' figures. */
export function areModels(value: unknown): value is readonly ModelFigures[] {
  return isListOf<ModelFigures>(
    value,
    ({ role, params, right, of }) =>
      isRole(role) && isCount(params) && isCount(right) && isCount(of) && right <= of,
  );
}

/** Whether a value of a file is curves, which the page can draw. */
export function areCurves(value: unknown): value is Curves {
  const { steps, epochs } = (value ?? {}) as Partial<Curves>;
  const isPoint = ({ role, step, loss, accuracy }: StepPoint) =>
    isRole(role) && isCount(step) && isNumber(loss) && isShare(accuracy);
  return (
    isListOf<StepPoint>(steps, isPoint) &&
    isListOf<EpochPoint>(
      epochs,
      (point) =>
        isPoint(point) &&
        isCount(point.epoch) &&
        (point.heldOutLoss === undefined || isNumber(point.heldOutLoss)) &&
        (point.heldOutAccuracy === undefined || isShare(point.heldOutAccuracy)),
    )
  );
}
