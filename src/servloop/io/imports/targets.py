"""What can be imported: the fields of each kind of data, how they are called in real exports, what is allowed in them.

Names are everyday English and Chinese headings and those of common exports; groups are separated by ``/`` and an
earlier group beats a later one, names in a group by ``|``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "id", "number", "integer", "time", "date", "choice", "unit", "person"]


@dataclass(frozen=True)
class Field:
    """One field of a target.

    Attributes:
        name: column of the fact table, or ``unit`` and ``person``, which become unit_id and person_key.
        kind: how values are read.
        names: headings it is recognised by.
        required: a row without it is set aside.
        low, high: smallest and largest allowed number.
        past: a time later than the import (by more than a day) is set aside.
        free: free text, in which personal data are masked.
    """

    name: str
    kind: Kind
    names: str = ""
    required: bool = False
    low: float | None = None
    high: float | None = None
    past: bool = False
    free: bool = False


@dataclass(frozen=True)
class Target:
    """One kind of import.

    Attributes:
        name: as in ``servloop import --as NAME``.
        table: fact table of its rows.
        fields: what it knows.
        rest: what happens to columns that are mapped to nothing: kept as attributes, or each a question of a
            questionnaire, or each a metric.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    rest: Literal["attributes", "questions", "metrics"] = "attributes"

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that every row must have."""
        return tuple(field.name for field in self.fields if field.required)


_UNIT = Field(
    "unit",
    "unit",
    "unit|unit id|unit code|branch|branch code|网点|支行|分行|机构|机构编号|机构代码|门店|院区|营业厅"
    "/office|store|site|location|department|部门|科室|单位|地点",
)
_PERSON = Field(
    "person",
    "person",
    "customer id|customerid|customer number|client id|member id|person key|客户编号|客户号|会员号|会员编号|患者编号|用户id"
    "/customer|client|user id|cid|id card|mobile|phone|客户|会员|手机号|手机|联系电话|电话",
)
_CHANNEL = Field(
    "channel", "choice", "channel|source channel|contact channel|渠道|来源渠道|受理渠道/source|via|来源"
)
_KEY = "record id|ticket id|ticket number|case id|编号|工单号|工单编号|流水号|投诉编号|反馈编号/id|number|key|序号"

FEEDBACK = Target(
    "feedback",
    "feedback",
    (
        Field(
            "occurred_at",
            "time",
            "occurred at|received at|created at|submitted at|feedback time|反馈时间|投诉时间|受理时间|提交时间|创建时间|评论时间"
            "/date|time|created|timestamp|submission date|review date|at|日期|时间",
            required=True,
            past=True,
        ),
        Field("source_key", "id", _KEY),
        _UNIT,
        _CHANNEL,
        Field(
            "kind",
            "choice",
            "kind|feedback type|complaint type|反馈类型|类型|工单类型/type|category|分类|类别",
        ),
        Field("title", "text", "title|subject|summary|标题|主题|摘要", free=True),
        Field(
            "text",
            "text",
            "text|comment|comments|feedback|content|review|complaint|complaint narrative|description|message"
            "|反馈内容|投诉内容|评论内容|评价内容|内容|意见|建议|描述|诉求/body|note|notes|评论|评价|备注",
            free=True,
        ),
        Field(
            "rating", "number", "rating|score|stars|satisfaction|nps|评分|星级|满意度|打分|得分/overall|总分"
        ),
        _PERSON,
        Field("language", "text", "language|lang|语言"),
        Field("status", "choice", "status|state|状态|处理状态"),
        Field(
            "answered_at",
            "time",
            "answered at|first response at|first reply|首次响应时间|首次回复时间|回复时间",
        ),
        Field("resolved_at", "time", "resolved at|closed at|solved at|解决时间|办结时间|关闭时间|完成时间"),
        Field("due_at", "time", "due at|due|deadline|due date|承诺时间|截止时间|到期时间"),
    ),
)

EVENTS = Target(
    "events",
    "events",
    (
        Field("case_id", "id", required=True),
        Field("activity", "text", required=True),
        Field("occurred_at", "time", required=True, past=True),
        Field("start_time", "time", past=True),
        Field("lifecycle", "text"),
        Field("resource", "id"),
        Field("department", "text"),
        Field("unit", "unit", "unit|unit id|unit code|branch|branch code|网点|支行|分行|机构编号|门店|院区"),
    ),
)

ANSWERS = Target(
    "answers",
    "responses",
    (
        Field(
            "source_key",
            "id",
            "response id|responseid|respondent|respondent id|序号|答卷编号|答卷id|样本编号/id|no|number|编号|customerid|user id",
        ),
        Field(
            "occurred_at",
            "time",
            "submitted at|submitdate|recordeddate|recorded date|end date|enddate|提交答卷时间|提交时间|答题时间"
            "/date|time|timestamp|created at|日期|时间",
            past=True,
        ),
        Field("started_at", "time", "start date|startdate|started at|开始时间|开始答题时间", past=True),
        _UNIT,
        _CHANNEL,
        Field("person", "person", "recipientemail|recipient email|externalreference|客户编号|客户号|会员号"),
        Field("language", "text", "userlanguage|startlanguage|language|语言"),
        Field("weight", "number", "weight|权重", low=0),
    ),
    rest="questions",
)

ANSWERS_LONG = Target(
    "answers-long",
    "answers",
    (
        Field(
            "response_key",
            "id",
            "response id|response|respondent id|respondent|答卷编号|答卷/id|编号",
            required=True,
        ),
        Field("question", "text", "question|question code|item|题目|题号|问题", required=True),
        Field("option", "text", "option|choice|row|选项"),
        Field("value", "text", "value|answer|response value|答案|回答|取值"),
        Field("occurred_at", "time", "submitted at|date|time|提交时间|时间", past=True),
        _UNIT,
    ),
)

MEASUREMENTS = Target(
    "measurements",
    "measurements",
    (
        Field(
            "metric", "id", "metric|metric code|indicator|kpi|measure|指标|指标代码|指标名称", required=True
        ),
        Field(
            "occurred_at",
            "time",
            "time|timestamp|date|measured at|period|datetime|时间|日期|统计日期|采集时间|月份",
            required=True,
            past=True,
        ),
        Field("value", "number", "value|reading|result|数值|值|指标值|结果", required=True),
        Field("subject", "id", "subject|device|system|sensor|host|设备|系统|对象|传感器"),
        Field("value_unit", "text", "value unit|measure unit|uom|计量单位|单位"),
        Field("n", "integer", "n|count|observations|样本量|样本数|次数", low=0),
        Field("unit", "unit", "unit id|unit code|branch|branch code|网点|支行|机构|门店"),
    ),
)

MEASUREMENTS_WIDE = Target(
    "measurements-wide",
    "measurements",
    (
        MEASUREMENTS.field("occurred_at"),
        MEASUREMENTS.field("subject"),
        MEASUREMENTS.field("unit"),
    ),
    rest="metrics",
)

CUSTOMERS = Target(
    "customers",
    "customers",
    (
        Field("person", "person", _PERSON.names, required=True),
        Field("segment", "text", "segment|customer segment|客群|客户类型|细分"),
        Field("tier", "text", "tier|level|grade|客户等级|会员等级|等级"),
        Field("life_cycle", "text", "life cycle|lifecycle stage|stage|生命周期|阶段"),
        Field(
            "since",
            "date",
            "since|joined|customer since|open date|registration date|开户日期|注册日期|入会日期",
            past=True,
        ),
        Field("value", "number", "value|customer value|lifetime value|clv|客户价值|totalcharges"),
        _UNIT,
    ),
)

TRANSACTIONS = Target(
    "transactions",
    "transactions",
    (
        Field(
            "occurred_at",
            "time",
            "time|date|transaction date|order date|交易时间|交易日期|订单时间|日期",
            required=True,
            past=True,
        ),
        Field("source_key", "id", "transaction id|order id|order number|交易流水号|订单号|流水号"),
        _PERSON,
        Field("kind", "choice", "kind|type|transaction type|交易类型|类型"),
        Field("product", "text", "product|product code|service|item|产品|商品|服务"),
        Field("amount", "number", "amount|sales|total|price|金额|交易金额|订单金额", required=True),
        Field("currency", "text", "currency|币种"),
        _CHANNEL,
        _UNIT,
    ),
)

BENCHMARKS = Target(
    "benchmarks",
    "benchmarks",
    (
        Field("metric", "id", "metric|metric code|indicator|kpi|指标|指标代码", required=True),
        Field("value", "number", "value|benchmark|数值|标杆值|值", required=True),
        Field("low", "number", "low|lower|下限"),
        Field("high", "number", "high|upper|上限"),
        Field("value_unit", "text", "unit|value unit|单位|计量单位"),
        Field("industry", "text", "industry|competitor|sector|行业|竞争对手|对标对象"),
        Field("source", "text", "source|published by|来源|出处", required=True),
        Field("occurred_at", "time", "date|published|year|发布日期|日期|年份", required=True, past=True),
        Field("practice", "text", "practice|note|做法|备注"),
    ),
)

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        FEEDBACK,
        ANSWERS,
        ANSWERS_LONG,
        EVENTS,
        MEASUREMENTS,
        MEASUREMENTS_WIDE,
        CUSTOMERS,
        TRANSACTIONS,
        BENCHMARKS,
    )
}
