"""What a change would do: the process is simulated as it is and as it would be, if its model can be believed."""

from __future__ import annotations

from servloop.plan.simulation import what_if
from servloop.plan.simulation_model import discover_model
from servloop_app.diagnose.studies.base import Asked, Found, stored, study

REPLICATIONS = 30


@study("what_if")
def work_out(asked: Asked) -> Found:
    """The question of the parameters: ``changes``, ``weeks``, ``limit`` (seconds), ``price`` (of an hour of anyone)."""
    parameters = asked.parameters
    model = discover_model(asked.log, timezone=asked.zone)
    price = parameters.get("price")
    found = what_if(
        asked.log,
        parameters["changes"],
        timezone=asked.zone,
        weeks=parameters["weeks"],
        replications=REPLICATIONS,
        limit_seconds=parameters.get("limit"),
        hourly_cost=dict.fromkeys(model.pools, float(price)) if price and model.pools else None,
    )
    pools = [
        {
            "name": name,
            "most": int(model.capacity[place].max()),
            "hours": int(model.capacity[place].sum()),
            "activities": [
                model.activities[code]
                for code in range(len(model.activities))
                if model.pool_of[code] == place
            ],
        }
        for place, name in enumerate(model.pools)
    ]
    return Found({"answer": stored(found), "pools": pools, "activities": list(model.activities)})
