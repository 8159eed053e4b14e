"""`python3 manage.py promises`: which test holds which promise, as pages of resources/docs/.

A test that holds a promise says so itself, `@pytest.mark.promise(16)`; the table is made of these
marks and of nothing else. Where a part of a promise waits for a feature, UNKEPT names the feature.
"""

import sys
from collections.abc import Mapping
from typing import Final

from tests import ux
from tests.marks import ROOT, marks

PAGE: Final = ROOT / "resources" / "docs" / "security.md"

#: Number → (threat, promise).
PROMISES: Final = dict(
    enumerate(
        (
            ("电脑或硬盘被盗", "没有口令和恢复单，什么也读不出"),
            ("明文临时文件", "从不产生"),
            ("在屏幕前猜口令", "错五次起要等，越等越久，重启不清零"),
            ("拿走文件离线猜口令", "Argon2id 不少于 64 MiB、三遍"),
            ("口令太弱或共用", "按规则拒绝；一人一个账号、一个口令"),
            ("忘记口令", "恢复单或同事可以恢复，数据完好"),
            ("恢复码输错", "指出错在哪一行，不会误收"),
            ("密钥文件丢失或损坏", "三条退路：上一份、备份、恢复单"),
            ("伪造的密钥文件参数", "运算之前就拒绝"),
            ("离任者", "他的口令打不开现在的数据"),
            ("密钥进了日志或报错", "从不"),
            ("个人信息进了日志或报错", "从不"),
            ("更换密钥中途断电", "不是旧的就是新的，不会两头落空"),
            ("更换密钥时磁盘满", "原库不动，说明原因"),
            ("有人写了原地更换密钥", "做不到"),
            ("提交时断电", "说了“已保存”的都在"),
            ("导入时断电", "整批在或整批不在，可以重做"),
            ("备份时断电", "好名字下没有坏文件"),
            ("数据库设置被改坏", "程序拒绝启动"),
            ("程序被强行结束", "再开时完好"),
            ("磁盘满", "说清楚，不留半份"),
            ("磁盘坏点", "查得出，说出哪一页，请用备份恢复"),
            ("文件被截短", "查得出"),
            ("断电后的误报", "没有误报"),
            ("空的或不见了的数据库", "说明不是学籍库，绝不新建一个空的"),
            ("口令错与文件坏混淆", "两句不同的话"),
            ("同时开两个程序", "第二个拒绝，并说出第一个是谁"),
            ("学籍库放在 U 盘或网络盘", "拒绝"),
            ("归档介质读不出", "多年以后只读也能打开"),
            ("函数库换了格式", "旧库照样打开"),
            ("用外部工具改学生", "核验时点名"),
            ("改、删、换操作记录", "程序内做不到，程序外做了查得出"),
            ("内行重算整条链", "改动之前最近一次打印的链头即可揭穿；已知的两处缺口如实写明"),
            ("整个数据库换回旧的", "标记、纸上链头或备份清单揭穿"),
            ("删去 -wal", "开库时发现"),
            ("时钟不对", "提醒、记录、不清理备份；次序仍按序号"),
            ("自己录入自己审核", "拒绝"),
            ("内部人员大量复制", "导出、打印都记下用途和人数；证件号平时遮住"),
            ("备份悄悄坏了", "只有核对过的才算；绝不删最后一份好的"),
            ("一忙就备份不成", "照样做完，内容一致"),
            ("恢复时盖掉好数据", "原文件先移到一边"),
            ("压缩包炸弹", "一秒内拒绝，内存不涨"),
            ("XXE 与实体炸弹", "拒绝，不读文件，不上网"),
            ("解析程序崩溃或死循环", "主程序照常，说出是哪个文件"),
            ("导入丢行", "行数显示出来，与原表对得上"),
            ("身份证号丢位数", "指出单元格，拒绝"),
            ("公式注入", "文字就是文字（.xlsx 与 .csv）"),
            ("图片炸弹、坏图、EXIF", "拒绝或重新编码"),
            ("压缩包越界与怪文件名", "不写到外面；GBK 名字认得出"),
            ("数据里夹带 HTML", "到处照字面显示"),
            ("SQL、LIKE、全文检索注入", "只按字面查找"),
            ("PDF 里的活动内容", "从不执行，标出来"),
            ("第十八条检查页说假话", "查不了就说查不了"),
            ("安装包或依赖被调包", "拒绝"),
            ("暗中联网", "没有"),
            ("人走屏不锁", "10 分钟锁屏，30 分钟关库，未存的表单加密留存"),
            ("预览和剪贴板残留", "退出时、下次启动时清掉"),
            ("升级中途失败", "旧版程序照样打开旧数据"),
        ),
        start=1,
    )
)

#: What is still missing of a promise: the feature that it waits for.
UNKEPT: Final[Mapping[int, str]] = {
    54: "缺安装包与离线升级（依赖清单已有测试）",
}

_HEAD: Final = """# 安全承诺与测试

本页由 `python3 manage.py promises` 从测试中的标记生成，请勿手改。
每个承诺由右栏的测试守着：承诺一破，测试就失败。威胁的来龙去脉见手册“安全与保密”一章。

| 号 | 威胁 | 承诺 | 守着它的测试 |
|---|---|---|---|
"""


def page(held: Mapping[int, list[str]]) -> str:
    """The page as it should be committed."""
    rows = []
    for number, (threat, promise) in PROMISES.items():
        cells = [f"`{name}`" for name in held.get(number, ())]
        if number in UNKEPT or not cells:
            cells.append(f"尚未：{UNKEPT.get(number, '缺测试')}")
        rows.append(f"| {number} | {threat} | {promise} | {'<br>'.join(cells)} |\n")
    kept = sum(number in held and number not in UNKEPT for number in PROMISES)
    tail = f"\n共 {len(PROMISES)} 条：{kept} 条守住，{len(UNKEPT)} 条尚未全部守住。\n"
    return _HEAD + "".join(rows) + tail


def main() -> int:
    """Write this page and that of the window (ux.py)."""
    PAGE.write_text(page(marks(ROOT / "tests", "promise")), encoding="utf-8")
    ux.PAGE.write_text(ux.page(marks(ROOT / "tests", "ux")), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n{ux.PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
