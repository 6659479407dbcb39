// Imported for its effect: registers the layers of these packages with tfjs, so that their models can be loaded.
import "bit-teacher";
import "deit-model";
