// Imported for what it does: models of these packages can then be loaded, whose layers tfjs does not know.
import "bit-teacher";
import "deit-model";
