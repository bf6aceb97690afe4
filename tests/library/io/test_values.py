"""Every value of a file, as text: nothing that could name somebody is passed over."""

import sqlite3

from servloop.io.values import values_of_file


def test_all_columns_of_all_tables_of_an_ocel_database_are_looked_through(tmp_path):
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table event (ocel_id text, ocel_type text)")
        database.execute(
            'create table "object_Customer" (ocel_id text, "the ""full"" name" text, "号码" integer)'
        )
        database.executemany("insert into event values (?, ?)", [("e1", "ask"), ("e2", "ask")])
        database.execute('insert into "object_Customer" values (?, ?, ?)', ("o1", "欧阳修远", 13812345678))
    database.close()
    values = set().union(*(found for _heading, found in values_of_file(path)))
    assert values == {"e1", "e2", "ask", "o1", "欧阳修远", "13812345678"}
