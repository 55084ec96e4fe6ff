"""A member's right to what experiments hold of them."""

from typing import Final

from marquee_shared.rights import plain_dataset

DATASETS: Final = (
    plain_dataset(
        "experiment_exposures",
        export="SELECT experiment, variant, shown, first_at, last_at FROM experiment_exposures "
        "WHERE user_id = :user_id ORDER BY experiment",
        erase="DELETE FROM experiment_exposures WHERE user_id = :user_id RETURNING 1",
    ),
    plain_dataset(
        "experiment_watches",
        export=None,  # a copy of what social exports
        erase="DELETE FROM experiment_watches WHERE user_id = :user_id RETURNING 1",
    ),
    plain_dataset(
        "experiment_opt_out",
        export="SELECT at FROM experiment_opt_outs WHERE user_id = :user_id ORDER BY at",
        erase="DELETE FROM experiment_opt_outs WHERE user_id = :user_id RETURNING 1",
    ),
)
